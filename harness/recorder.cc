#include "harness/recorder.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "harness/text_fields.h"
#include "net/text.h"

namespace badgate::harness {
namespace {

using Kind = proxy::Event::Kind;

constexpr std::string_view kSeparator = " | ";

std::string_view take_until(std::string_view& text, std::string_view separator) {
  const std::size_t at = text.find(separator);
  const auto part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + separator.size());
  return part;
}

// "60.001" in nginx's seconds; "-" is nothing.
std::optional<net::Duration> seconds(std::string_view text) {
  if (text.empty() || text == "-") return std::nullopt;
  const auto whole = take_until(text, ".");
  return std::chrono::seconds(number_in<std::int64_t>(whole)) +
         std::chrono::milliseconds(number_in<std::int64_t>(text));
}

// nginx separates attempts by ", " and internal redirects by " : ".
std::vector<std::string_view> split_attempts(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t comma = text.find(", ");
    const std::size_t colon = text.find(" : ");
    const std::size_t at = std::min(comma, colon);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) break;
    text.remove_prefix(at + (at == comma ? 2 : 3));
  }
  return parts;
}

std::string_view at_or_dash(const std::vector<std::string_view>& parts, std::size_t i) {
  return i < parts.size() ? parts[i] : "-";
}

void stretch(AccessEntry& entry, double by) {
  if (by == 1) return;
  const auto longer = [by](net::Duration& time) {
    time = net::Duration(std::llround(static_cast<double>(time.count()) * by));
  };
  longer(entry.request_time);
  for (Attempt& attempt : entry.attempts) {
    for (auto* time : {&attempt.connect_time, &attempt.header_time, &attempt.response_time}) {
      if (*time) longer(**time);
    }
  }
}

std::string in_words(const proxy::Event& event, const std::string& server) {
  switch (event.kind) {
    case Kind::client_accepted:
      return "accepts the client's connection";
    case Kind::request_received:
      return "has read the request: " + event.detail;
    case Kind::upstream_connect:
      return "connects to " + server;
    case Kind::upstream_connected:
      return "is connected to " + server;
    case Kind::upstream_reused:
      return "takes a kept connection to " + server;
    case Kind::upstream_sent:
      return fmt::format("has sent the request to {}, {} bytes", server, event.bytes);
    case Kind::upstream_header:
      return fmt::format("has the response header of {}: {}", server, event.detail);
    case Kind::upstream_failed:
      return fmt::format("gives up on {}: {}", server, event.detail);
    case Kind::upstream_done:
      return fmt::format("has done with {}, {} body bytes", server, event.bytes);
    case Kind::next_upstream:
      return "tries the next server";
    case Kind::response_finished:
      return fmt::format("has answered {}, {} body bytes", event.detail, event.bytes);
    case Kind::client_closed:
      return "sees that the client has left";
  }
  return {};
}

}  // namespace

std::string Recorder::log_format() {
  return "$remote_port $connection_requests $status $body_bytes_sent $request_time | "
         "$upstream_addr | $upstream_status | $upstream_connect_time | $upstream_header_time | "
         "$upstream_response_time | "
         "\"$request\" status=$status body_bytes_sent=$body_bytes_sent "
         "request_time=$request_time upstream_addr=\"$upstream_addr\" "
         "upstream_status=\"$upstream_status\" upstream_connect_time=\"$upstream_connect_time\" "
         "upstream_header_time=\"$upstream_header_time\" "
         "upstream_response_time=\"$upstream_response_time\"";
}

void Recorder::fact(std::string who, std::string what) {
  Fact fact{loop_.now(), std::move(who), std::move(what)};
  if (on_fact_) {
    on_fact_(fact);
  } else {
    outcome_.timeline.push_back(std::move(fact));
  }
}

void Recorder::proxy_event(const proxy::Event& event) {
  fact("proxy", in_words(event, names_.of(event.server)));
}

void Recorder::error_line(proxy::Level, std::string_view line) {
  if (on_fact_) {
    fact("error.log", std::string(line));
    return;
  }
  auto parsed = parse_error_line(names_.replace_in(std::string(line)));
  parsed.written = line;
  fact("error.log", fmt::format("[{}] {}", parsed.level, parsed.message));
  outcome_.error_log.push_back(std::move(parsed));
}

void Recorder::proxy_failed(std::string why) {
  fact("event", why.substr(0, why.find(';')));
  if (outcome_.broken.empty()) outcome_.broken = std::move(why);
}

void Recorder::rest_of_error_line(std::string_view rest) {
  const std::string text = "\n" + names_.replace_in(std::string(rest));
  if (on_fact_ || outcome_.error_log.empty()) {
    fact("error.log", std::string(rest));
    return;
  }
  outcome_.error_log.back().message += text;
  outcome_.error_log.back().whole += text;
  outcome_.error_log.back().written += "\n" + std::string(rest);
  const auto at = std::find_if(outcome_.timeline.rbegin(), outcome_.timeline.rend(),
                               [](const Fact& fact) { return fact.who == "error.log"; });
  if (at != outcome_.timeline.rend()) at->what += text;
}

void Recorder::access_line(std::string_view line) {
  if (on_fact_) {
    fact("access.log", parse_access_line(line).line);
    return;
  }
  auto entry = parse_access_line(names_.replace_in(std::string(line)));
  fact("access.log", entry.line);
  outcome_.access.push_back(std::move(entry));
}

LogLine parse_error_line(std::string line) {
  LogLine parsed;
  std::string_view rest = line;
  take_until(rest, "[");
  parsed.level = take_until(rest, "] ");
  take_until(rest, ": ");
  if (rest.starts_with('*')) take_until(rest, " ");
  parsed.message = rest;
  parsed.whole = std::move(line);
  return parsed;
}

void Recorder::access_read(AccessEntry entry) {
  stretch(entry, log_times_scaled_);
  if (!on_fact_) entry.line = names_.replace_in(std::move(entry.line));
  fact("access.log", entry.line);
  if (on_fact_) return;
  // Which request of its client's connection it is, the order of its lines says.
  const auto same =
      std::ranges::count(outcome_.access, entry.client_port, &AccessEntry::client_port);
  entry.nth = static_cast<unsigned>(same) + 1;
  outcome_.access.push_back(std::move(entry));
}

void Recorder::error_read(LogLine line) {
  if (!on_fact_) line.message = names_.replace_in(std::move(line.message));
  fact("error.log", fmt::format("[{}] {}", line.level, line.message));
  if (on_fact_) return;
  line.whole = names_.replace_in(std::move(line.whole));
  outcome_.error_log.push_back(std::move(line));
}

AccessEntry parse_access_line(std::string_view line) {
  AccessEntry entry;
  std::string_view plain = take_until(line, kSeparator);
  entry.client_port = number_in<std::uint16_t>(take_until(plain, " "));
  entry.nth = number_in<unsigned>(take_until(plain, " "));
  entry.status = number_in<int>(take_until(plain, " "));
  entry.body_bytes_sent = number_in<std::uint64_t>(take_until(plain, " "));
  entry.request_time = seconds(plain).value_or(net::Duration::zero());

  const auto servers = split_attempts(take_until(line, kSeparator));
  const auto statuses = split_attempts(take_until(line, kSeparator));
  const auto connects = split_attempts(take_until(line, kSeparator));
  const auto headers = split_attempts(take_until(line, kSeparator));
  const auto responses = split_attempts(take_until(line, kSeparator));
  entry.line = line;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    if (servers[i] == "-") continue;
    Attempt attempt;
    attempt.server = servers[i];
    if (const auto status = at_or_dash(statuses, i); status != "-") {
      attempt.status = number_in<int>(status);
    }
    attempt.connect_time = seconds(at_or_dash(connects, i));
    attempt.header_time = seconds(at_or_dash(headers, i));
    attempt.response_time = seconds(at_or_dash(responses, i));
    entry.attempts.push_back(std::move(attempt));
  }
  return entry;
}

}  // namespace badgate::harness
