#include "harness/lab/play.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>

#include "harness/curl.h"
#include "harness/judge.h"
#include "harness/lab/json_body.h"
#include "harness/lab/permitted.h"
#include "harness/reports/json.h"
#include "harness/run.h"

namespace badgate::harness::lab {

using nlohmann::json;

namespace {

// As `badgate serve` listens.
constexpr std::uint16_t kServePort = 8080;

constexpr auto kFileLimit =
    "more than 64 MiB were to be kept in one temporary file, which the lab does not do";

// What the limit of the child's files (child.h) has done is none of the scenario's.
bool met_file_limit(const Outcome& outcome) {
  const auto efbig = fmt::format(" failed ({}: ", EFBIG);
  return std::ranges::any_of(outcome.error_log, [&](const LogLine& line) {
    return line.level == "crit" && line.message.find(efbig) != line.message.npos;
  });
}

json to_json(const std::vector<Diagnostic>& diagnostics) {
  auto list = json::array();
  for (const Diagnostic& d : diagnostics) {
    list.push_back({{"file", d.position.file},
                    {"line", d.position.line},
                    {"column", d.position.column},
                    {"length", d.length},
                    {"message", d.message},
                    {"expected", d.expected},
                    {"suggestion", d.suggestion}});
  }
  return list;
}

// Of the file as a whole: a remedy that must not be played makes it one that must not.
std::vector<Diagnostic> mistakes_of(const Loaded& loaded, bool ours) {
  auto found = loaded.diagnostics;
  for (const Scenario& scenario : loaded.scenarios) {
    if (ours) break;
    const auto more = not_permitted(scenario);
    found.insert(found.end(), more.begin(), more.end());
  }
  return found;
}

}  // namespace

HttpAnswer wrong_file(const std::vector<Diagnostic>& diagnostics) {
  const json body = {{"error", "there is a mistake in the scenario file"},
                     {"diagnostics", to_json(diagnostics)},
                     {"text", harness::to_text(diagnostics)}};
  return {422, "application/json", to_text(body)};
}

tl::expected<Scenario, HttpAnswer> choose(const PlayedText& played) {
  auto loaded = load_text(played.text, played.file, played.name);
  if (const auto mistakes = mistakes_of(loaded, played.ours); !mistakes.empty())
    return tl::unexpected(wrong_file(mistakes));
  const auto scenario = std::ranges::find(loaded.scenarios, played.remedy, &Scenario::remedy);
  if (scenario != loaded.scenarios.end()) return std::move(*scenario);
  return tl::unexpected(
      refused(404, fmt::format("{} has no remedy {}", played.name, in_quotes(played.remedy))));
}

Verdict verdict_of(const Scenario& scenario, std::uint64_t seed, int interrupt_fd, Reach reach) {
  Outcome outcome = run(scenario, {.seed = seed,
                                   .clock = ClockChoice::virtual_clock,
                                   .interrupt_fd = interrupt_fd,
                                   .programs = false,
                                   .own_servers_only = reach == Reach::own_servers});
  if (outcome.broken.empty() && met_file_limit(outcome)) outcome.broken = kFileLimit;
  return judge(scenario, std::move(outcome), Tolerance::virtual_clock());
}

std::vector<std::string> curl_of(const Scenario& scenario) {
  return curl_commands(scenario, fmt::format("http://127.0.0.1:{}", kServePort));
}

HttpAnswer with_case(const Scenario& scenario, const Verdict& verdict, const json& rest) {
  return {200, "application/json",
          fmt::format("{{\"case\":{},{}", reports::case_json(reports::case_of(scenario, verdict)),
                      to_text(rest).substr(1))};
}

HttpAnswer play(const PlayedText& played, int interrupt_fd) {
  const auto scenario = choose(played);
  if (!scenario) return scenario.error();
  const auto reach = played.ours ? Reach::as_written : Reach::own_servers;
  return with_case(*scenario, verdict_of(*scenario, played.seed, interrupt_fd, reach),
                   {{"toml", played.text}, {"curl", curl_of(*scenario)}});
}

HttpAnswer check(const std::string& text) {
  const auto mistakes = mistakes_of(load_text(text, "scenario.toml", "scenario"), false);
  return {200, "application/json",
          to_text({{"diagnostics", to_json(mistakes)}, {"text", harness::to_text(mistakes)}})};
}

}  // namespace badgate::harness::lab
