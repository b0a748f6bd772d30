// The JSON report back into a RunReport. What is in the file may be anybody's.
#include <fmt/core.h>

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "harness/reports/json.h"
#include "harness/shards.h"
#include "harness/text_fields.h"

namespace badgate::harness::reports {

using nlohmann::json;

namespace {

// Far more than any run takes, and safe to convert.
constexpr double kMostSeconds = 1e9;
constexpr double kNanoseconds = 1e9;

net::Duration duration(const json& j) {
  const double seconds = j.get<double>();
  if (!(std::fabs(seconds) <= kMostSeconds)) throw std::range_error("a time is out of range");
  return net::Duration(std::llround(seconds * kNanoseconds));
}

net::TimePoint time_point(const json& j) {
  return net::TimePoint(duration(j));
}

// nlohmann's own conversion takes any number, and cuts off what does not fit.
template <typename T>
T whole(const json& j) {
  const bool fits = j.is_number_unsigned()
                        ? std::in_range<T>(j.get<std::uint64_t>())
                        : j.is_number_integer() && std::in_range<T>(j.get<std::int64_t>());
  if (!fits) throw std::range_error("a number is not whole, or out of range");
  return j.get<T>();
}

template <typename T>
void get(const json& j, const char* key, T& into) {
  if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    into = whole<T>(j.at(key));
  } else {
    j.at(key).get_to(into);
  }
}

std::optional<net::Duration> optional_duration(const json& j) {
  if (j.is_null()) return std::nullopt;
  return duration(j);
}

template <typename Read>
auto list(const json& j, const char* key, Read read) {
  const json& array = j.at(key);
  if (!array.is_array()) throw std::range_error(fmt::format("\"{}\" is not a list", key));
  std::vector<decltype(read(array.front()))> all;
  for (const json& one : array)
    all.push_back(read(one));
  return all;
}

// A word of a closed list of them.
template <typename Enum>
Enum word(const json& j, const char* key, std::initializer_list<Enum> all) {
  const auto text = j.at(key).get<std::string>();
  for (const Enum one : all) {
    if (to_string(one) == text) return one;
  }
  throw std::range_error(fmt::format("\"{}\" cannot be \"{}\"", key, text));
}

Verdict::State state(const json& j) {
  using enum Verdict::State;
  return word(j, "state", {passed, failed, skipped, broken});
}

Mismatch mismatch(const json& j) {
  Mismatch m;
  get(j, "what", m.what);
  get(j, "expected", m.expected);
  get(j, "actual", m.actual);
  get(j, "file", m.position.file);
  get(j, "line", m.position.line);
  get(j, "column", m.position.column);
  return m;
}

Explanation explanation(const json& j) {
  Explanation e;
  get(j, "story", e.story);
  get(j, "user_sees", e.user_sees);
  get(j, "evidence", e.evidence);
  get(j, "helps", e.helps);
  get(j, "does_not_help", e.does_not_help);
  return e;
}

Response response(const json& j) {
  using enum Completeness;
  Response r;
  get(j, "request", r.request);
  get(j, "status", r.status);
  r.completeness = word(j, "completeness", {whole, cut, empty, raw});
  get(j, "body_bytes", r.body_bytes);
  r.started = time_point(j.at("started"));
  r.elapsed = duration(j.at("elapsed"));
  get(j, "connection_end", r.connection_end);
  get(j, "client_left", r.client_left);
  r.headers = list(j, "headers", [](const json& h) {
    return std::pair(h.at(0).get<std::string>(), h.at(1).get<std::string>());
  });
  return r;
}

Attempt attempt(const json& j) {
  Attempt a;
  get(j, "server", a.server);
  if (!j.at("status").is_null()) a.status = whole<int>(j.at("status"));
  a.connect_time = optional_duration(j.at("connect_time"));
  a.header_time = optional_duration(j.at("header_time"));
  a.response_time = optional_duration(j.at("response_time"));
  return a;
}

AccessLine access(const json& j) {
  AccessLine entry;
  entry.at = time_point(j.at("at"));
  get(j, "line", entry.line);
  get(j, "status", entry.status);
  entry.request_time = duration(j.at("request_time"));
  entry.attempts = list(j, "attempts", attempt);
  get(j, "code", entry.code);
  return entry;
}

ErrorLine error_line(const json& j) {
  return {time_point(j.at("at")), j.at("level").get<std::string>(),
          j.at("message").get<std::string>()};
}

BackendLine backend(const json& j) {
  BackendLine b;
  get(j, "name", b.name);
  get(j, "connections", b.connections);
  get(j, "requests", b.requests);
  get(j, "executed", b.executed);
  get(j, "responses", b.responses);
  get(j, "receipt", b.receipt);
  get(j, "log", b.log);
  get(j, "counted", b.counted);
  b.fail_timeout = optional_duration(j.at("fail_timeout"));
  get(j, "faults_pass", b.faults_pass);
  return b;
}

Step step(const json& j) {
  Step s;
  s.at = time_point(j.at("at"));
  get(j, "who", s.who);
  get(j, "what", s.what);
  const auto kind = step_kind(j.at("kind").get<std::string>());
  if (!kind) throw std::range_error("a step is of no kind that there is");
  s.kind = *kind;
  get(j, "from", s.from);
  get(j, "to", s.to);
  return s;
}

LoadSummary::Most most(const json& j) {
  return {time_point(j.at("at")), whole<std::uint64_t>(j.at("value"))};
}

LoadSummary load(const json& j) {
  LoadSummary l;
  l.interval = duration(j.at("interval"));
  l.statuses = list(j, "statuses", [](const json& s) {
    LoadSummary::Statuses statuses{time_point(s.at("at")), {}};
    for (const auto& [status, number] : s.at("counts").items())
      statuses.counts[status] = whole<std::uint64_t>(number);
    return statuses;
  });
  for (const auto& [name, time] : j.at("percentiles").items())
    l.percentiles[name] = duration(time);
  l.queue = list(j, "queue", most);
  l.workers = list(j, "workers", most);
  for (const auto& [number, requests] : j.at("attempts_per_request").items())
    l.attempts_per_request[number_in<std::size_t>(number)] = whole<std::uint64_t>(requests);
  return l;
}

Repeats repeats(const json& j) {
  Repeats r;
  get(j, "runs", r.runs);
  get(j, "passed", r.passed);
  get(j, "failed", r.failed);
  get(j, "skipped", r.skipped);
  get(j, "broken", r.broken);
  r.bad_seeds = list(j, "bad_seeds", whole<std::uint64_t>);
  return r;
}

void what_it_is(const json& j, Case& c) {
  get(j, "index", c.index);
  get(j, "name", c.name);
  get(j, "scenario", c.scenario);
  get(j, "remedy", c.remedy);
  get(j, "remedy_helps", c.remedy_helps);
  get(j, "title", c.title);
  get(j, "cause", c.cause);
  get(j, "rows", c.rows);
  get(j, "tags", c.tags);
  get(j, "file", c.file);
  get(j, "line", c.line);
  c.explanation = explanation(j.at("explanation"));
}

void what_was_seen(const json& j, Case& c) {
  c.responses = list(j, "responses", response);
  c.access = list(j, "access", access);
  c.error_log = list(j, "error_log", error_line);
  c.backends = list(j, "backends", backend);
  c.timeline = list(j, "timeline", step);
  get(j, "responses_cut", c.left_out.responses);
  get(j, "access_cut", c.left_out.access);
  get(j, "error_log_cut", c.left_out.error_log);
  get(j, "timeline_cut", c.left_out.timeline);
  if (!j.at("load").is_null()) c.load = load(j.at("load"));
}

Case one_case(const json& j) {
  Case c;
  what_it_is(j, c);
  c.state = state(j);
  get(j, "reason", c.reason);
  c.mismatches = list(j, "mismatches", mismatch);
  get(j, "expectations", c.expectations);
  get(j, "hash", c.hash);
  c.wall = duration(j.at("wall_seconds"));
  c.modelled = duration(j.at("modelled_seconds"));
  if (!j.at("repeats").is_null()) c.repeats = repeats(j.at("repeats"));
  what_was_seen(j, c);
  return c;
}

Shard shard(std::string_view text) {
  const auto slash = text.find('/');
  const Shard s{number_in<unsigned>(text.substr(0, slash)),
                slash == text.npos ? 0 : number_in<unsigned>(text.substr(slash + 1))};
  if (s.number < 1 || s.number > s.of || s.of > kMostShards)
    throw std::range_error("\"shard\" is not K/N");
  return s;
}

// nlohmann's messages begin with "[json.exception.type_error.302] ", which helps nobody.
std::string plain(const std::exception& e) {
  const std::string_view what = e.what();
  const auto end = what.find("] ");
  return std::string(what.starts_with("[json.") && end != what.npos ? what.substr(end + 2) : what);
}

RunReport head_of(const json& j) {
  RunReport report;
  get(j, "badgate", report.badgate);
  get(j, "seed", report.seed);
  get(j.at("proxy"), "name", report.proxy);
  get(j.at("proxy"), "version", report.proxy_version);
  get(j, "clock", report.clock);
  if (!j.at("shard").is_null()) report.shard = shard(j.at("shard").get<std::string>());
  get(j, "selected", report.selected);
  get(j, "complete", report.complete);
  report.wall = duration(j.at("wall_seconds"));
  return report;
}

net::Result<void> check_format(const json& j) {
  if (j.is_discarded()) return net::fail("it is not JSON");
  if (!j.is_object() || j.value("format", json()) != "badgate-report")
    return net::fail("it is no report of badgate");
  const json version = j.value("version", json());
  if (version == kJsonVersion) return {};
  return net::fail(fmt::format("it is a report of version {}, and this badgate knows version {}",
                               version.dump(-1, ' ', true, json::error_handler_t::replace),
                               kJsonVersion));
}

}  // namespace

net::Result<RunReport> report_from_json(std::string_view text) {
  const json j = json::parse(text, nullptr, false);
  if (auto ok = check_format(j); !ok) return net::fail(ok.error().message);
  std::size_t read = 0;
  try {
    RunReport report = head_of(j);
    report.cases = list(j, "cases", [&](const json& one) {
      Case c = one_case(one);
      ++read;
      return c;
    });
    return report;
  } catch (const std::exception& e) {
    const std::string where = j.contains("cases") ? fmt::format(" (case {})", read + 1) : "";
    return net::fail(plain(e) + where);
  }
}

net::Result<Case> case_from_json(std::string_view text) {
  const json j = json::parse(text, nullptr, false);
  if (j.is_discarded()) return net::fail("it is not JSON");
  try {
    return one_case(j);
  } catch (const std::exception& e) {
    return net::fail(plain(e));
  }
}

}  // namespace badgate::harness::reports
