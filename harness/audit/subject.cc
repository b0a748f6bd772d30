#include "harness/audit/subject.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <string>
#include <vector>

#include "harness/nginx_conf/locate.h"
#include "net/ascii.h"
#include "net/text.h"

namespace badgate::harness::audit {

using namespace std::chrono_literals;

namespace {

bool is_in_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// "/socket.io/" → "socket", "io".
std::vector<std::string> words_in(std::string text) {
  text = net::lower(std::move(text));
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_in_word(text[at])) continue;
    if (at == 0 || !is_in_word(text[at - 1])) words.emplace_back();
    words.back() += text[at];
  }
  return words;
}

// Whether one of `words` is among `wanted`, or begins as one that ends in '*'.
bool has_any(const std::vector<std::string>& words,
             std::initializer_list<std::string_view> wanted) {
  return std::ranges::any_of(words, [&](const std::string& word) {
    return std::ranges::any_of(wanted, [&](std::string_view one) {
      return one.ends_with('*') ? word.starts_with(one.substr(0, one.size() - 1)) : word == one;
    });
  });
}

bool has_header(const Subject& subject, std::string_view header) {
  const nginx_conf::Setting* set = subject.plain("proxy_set_header");
  if (set == nullptr) return false;
  return std::ranges::any_of(set->said, [&](const nginx_conf::Said& said) {
    return said.arguments.size() == 2 && net::lower(said.arguments[0].text) == header &&
           !said.arguments[1].text.empty();
  });
}

}  // namespace

std::string Subject::name(std::string_view directive) const {
  return std::string(pass().prefix()) + std::string(directive);
}

nginx_conf::Setting Subject::setting(std::string_view directive) const {
  nginx_conf::Setting found = site.setting(ref, name(directive));
  // Modules that badgate does not speak have the defaults of the others.
  if (found.is_default() && found.value.empty())
    found.value = std::string(nginx_conf::default_of("proxy_" + std::string(directive)));
  return found;
}

net::Duration Subject::time(std::string_view directive) const {
  return net::parse_duration(value(directive)).value_or(net::Duration::zero());
}

bool Subject::has_word(std::string_view directive, std::string_view word) const {
  const std::string words = " " + value(directive) + " ";
  return words.find(" " + std::string(word) + " ") != words.npos;
}

bool Subject::is_websocket() const {
  const auto words = words_in(location().pattern);
  const auto socket = std::ranges::find(words, "socket");
  const bool socket_io = words.end() - socket > 1 && socket[1] == "io";
  return socket_io || has_any(words, {"websocket*", "sockjs*", "cable", "signalr*", "ws", "wss"});
}

bool Subject::is_tunnel() const {
  return is_websocket() || has_header(*this, "upgrade") ||
         (plain("proxy_buffering") != nullptr && value("buffering") == "off" &&
          is_called({"stream*", "event", "events", "eventsource", "sse"}));
}

bool Subject::is_called(std::initializer_list<std::string_view> words) const {
  std::string text = location().pattern;
  for (const std::string& server : site.server(ref).names)
    text += ' ' + server;
  if (group() != nullptr) text += ' ' + group()->name;
  return has_any(words_in(std::move(text)), words);
}

Finding Subject::at_position(const Position& position, std::string said) const {
  Finding finding;
  finding.at = position;
  finding.said = std::move(said);
  finding.places = {place_of(site, ref)};
  finding.ref = ref;
  finding.healthy = kind.healthy;
  return finding;
}

Finding Subject::at_plain(std::string_view directive) const {
  const nginx_conf::Setting found = site.setting(ref, directive);
  const bool by_default = found.is_default();
  const Position& position = by_default ? pass().position : found.from;
  std::string text(directive);
  if (!found.value.empty()) text += ' ' + found.value.substr(0, found.value.find('\n'));
  Finding finding = at_position(position, std::move(text));
  finding.is_default = by_default;
  return finding;
}

Finding Subject::at(std::string_view directive) const {
  Finding finding = at_plain(name(directive));
  if (finding.is_default) finding.said = name(directive) + ' ' + value(directive);
  return finding;
}

TrialRequest Subject::request(std::string method) const {
  TrialRequest request;
  request.method = std::move(method);
  request.path = nginx_conf::path_for(site.server(ref), ref.location);
  return request;
}

Trial Subject::trial(std::string_view id, Whom whom, std::string method) const {
  Trial trial;
  trial.fault = toml_of(fault(id));
  trial.whom = whom;
  trial.requests = {request(std::move(method))};
  return trial;
}

std::string spoken(net::Duration time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  if (ms < 1000) return fmt::format("{} ms", ms);
  if (ms % 1000 != 0) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
  if (ms >= 7'200'000 && ms % 3'600'000 == 0) return fmt::format("{} h", ms / 3'600'000);
  if (ms >= 180'000 && ms % 60'000 == 0) return fmt::format("{} min", ms / 60'000);
  return fmt::format("{} s", ms / 1000);
}

std::string spoken(const change::Answer& answer, const change::Answer& healthy) {
  std::string out = answer.status > 0 ? fmt::format("{}", answer.status) : "no answer";
  if (answer.completeness == Completeness::cut) out += ", cut";
  if (is_short(answer, healthy)) out += ", short";
  if (answer.completeness == Completeness::raw) out = "not HTTP";
  return out + (answer.elapsed < 100ms ? " at once" : " after " + spoken(answer.elapsed));
}

}  // namespace badgate::harness::audit
