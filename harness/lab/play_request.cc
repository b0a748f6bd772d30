#include "harness/lab/play_request.h"

#include <fmt/core.h>

#include <chrono>
#include <utility>

#include "harness/lab/compose.h"
#include "harness/lab/json_body.h"
#include "net/text.h"

namespace badgate::harness::lab {

using nlohmann::json;

namespace {

constexpr std::size_t kMostSettings = 100;
constexpr auto kLongestWait = std::chrono::hours(1);

// Sliders give numbers, switches true or false; files have texts of all of them.
net::Result<std::string> setting_text(const std::string& name, const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return std::string(value.get<bool>() ? "on" : "off");
  if (value.is_number()) return value.dump();
  return net::fail(fmt::format("the setting `{}` must be a text, a number, true or false", name));
}

net::Result<void> read_settings(const json& settings, PlayRequest& into) {
  if (settings.is_null()) return {};
  if (!settings.is_object() || settings.size() > kMostSettings)
    return net::fail("`settings` must be an object of at most 100 settings");
  for (const auto& [name, value] : settings.items()) {
    auto text = setting_text(name, value);
    if (!text) return tl::unexpected(text.error());
    into.state.settings.emplace_back(name, std::move(*text));
  }
  return {};
}

net::Duration read_wait(ObjectReader& reader) {
  const auto time = net::parse_duration(reader.text("time"));
  if (time && *time <= kLongestWait) return *time;
  reader.mistake("`time` of a wait must be a time such as \"10s\", of at most an hour");
  return {};
}

net::Result<Action> read_action(const json& one, std::size_t index) {
  ObjectReader reader(one, fmt::format("actions[{}]", index));
  Action action;
  const auto kind = reader.text("kind");
  if (kind == "send") {
    action.kind = Action::Kind::send;
    action.id = reader.text("request");
  } else if (kind == "break") {
    action.kind = Action::Kind::break_it;
    action.id = reader.text("id");
  } else if (kind == "heal") {
    action.kind = Action::Kind::heal;
  } else if (kind == "wait") {
    action.kind = Action::Kind::wait;
    action.time = read_wait(reader);
  } else {
    reader.mistake(fmt::format("actions[{}] has no `kind` of send, break, heal and wait", index));
  }
  if (auto ok = reader.finish(); !ok) return tl::unexpected(ok.error());
  return action;
}

}  // namespace

net::Result<PlayRequest> read_play_request(std::string_view body) {
  const auto parsed = parse_json(body);
  if (!parsed) return tl::unexpected(parsed.error());
  ObjectReader reader(*parsed, "the body");
  PlayRequest play;
  play.lesson = reader.text("lesson");
  play.scenario = reader.text("scenario");
  play.toml = reader.text("toml");
  play.remedy = reader.text("remedy");
  play.state.seed = reader.number("seed", kMostSeed, 1);
  const auto settings = reader.any("settings");
  const auto actions = reader.list("actions", kMaxActions);
  const int named = !play.lesson.empty() + !play.scenario.empty() + reader.has("toml");
  if (named != 1) reader.mistake("the body must have one of `lesson`, `scenario` and `toml`");
  if (auto ok = reader.finish(); !ok) return tl::unexpected(ok.error());
  if (auto ok = read_settings(settings, play); !ok) return tl::unexpected(ok.error());
  for (std::size_t i = 0; i < actions.size(); ++i) {
    auto action = read_action(actions[i], i);
    if (!action) return tl::unexpected(action.error());
    play.state.actions.push_back(std::move(*action));
  }
  return play;
}

net::Result<std::string> read_check_request(std::string_view body) {
  const auto parsed = parse_json(body);
  if (!parsed) return tl::unexpected(parsed.error());
  ObjectReader reader(*parsed, "the body");
  auto text = reader.text("toml");
  if (!reader.has("toml")) reader.mistake("the body must have `toml`, the text of a file");
  if (auto ok = reader.finish(); !ok) return tl::unexpected(ok.error());
  return text;
}

}  // namespace badgate::harness::lab
