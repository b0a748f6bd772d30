#include "harness/judge.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>

#include "harness/diagnostics.h"
#include "harness/judge_values.h"
#include "harness/matrix/cell.h"
#include "net/http1_message.h"
#include "net/text.h"

namespace badgate::harness {

using namespace std::chrono_literals;

namespace {

class Judge {
 public:
  Judge(const Scenario& scenario, const Outcome& outcome, Tolerance tolerance, Verdict& verdict)
      : scenario_(scenario), outcome_(outcome), tolerance_(tolerance), verdict_(verdict) {}

  void all() {
    if (scenario_.expect.start_error) return start_error();
    for (std::size_t i = 0; i < scenario_.requests.size(); ++i) {
      responses_to(i, scenario_.requests[i]);
    }
    if (scenario_.load) responses_to(0, scenario_.load->request);
    error_log();
    const auto in_log = [&](const char* key, const std::vector<std::string>& expected,
                            const std::vector<std::string>& lines) {
      contains(key, expected, lines,
               position_of(scenario_.expect.positions, key, scenario_.expect.position));
    };
    in_log("access_log_contains", scenario_.expect.access_log_contains, access_lines());
    in_log("error_log_contains", scenario_.expect.error_log_contains, error_lines());
    for (const auto& expected : scenario_.expect.backends)
      backend(expected);
    shares();
    percentiles();
  }

 private:
  using Positions = std::map<std::string, Position>;

  // Nothing else has happened then.
  void start_error() {
    const auto& expected = *scenario_.expect.start_error;
    const auto& actual = outcome_.start_error;
    const auto at = scenario_.expect.positions.find("start_error");
    check(!actual.empty() && actual.find(expected) != std::string::npos,
          at != scenario_.expect.positions.end() ? at->second : scenario_.expect.position,
          "start_error", expected, actual.empty() ? "the proxy has started" : actual);
  }

  // ---- notes

  void check(bool met, const Position& position, std::string what, std::string expected,
             std::string actual) {
    ++verdict_.expectations;
    if (met) return;
    verdict_.mismatches.push_back(
        {position, std::move(what), std::move(expected), std::move(actual)});
  }

  static const Position& position_of(const Positions& positions, const std::string& key,
                                     const Position& fallback) {
    const auto it = positions.find(key);
    return it == positions.end() ? fallback : it->second;
  }

  // ---- one response

  void responses_to(std::size_t index, const Request& request) {
    std::size_t answered = 0;
    for (const Response& response : outcome_.responses) {
      if (response.index != index) continue;
      ++answered;
      // A client that reloads is judged by the last of its requests.
      if (request.refresh_after && answered <= request.refreshes && response.client_left &&
          answered < count(index)) {
        continue;
      }
      one_response(request.expect, response);
    }
    if (answered == 0 && !scenario_.load) {
      check(false, request.position, fmt::format("request {}", index + 1), "to be sent",
            "it never was");
    }
  }

  std::size_t count(std::size_t index) const {
    return static_cast<std::size_t>(
        std::count_if(outcome_.responses.begin(), outcome_.responses.end(),
                      [&](const Response& r) { return r.index == index; }));
  }

  void one_response(const ExpectedResponse& expected, const Response& response) {
    const auto at = [&](const char* key) -> const Position& {
      return position_of(expected.positions, key, expected.position);
    };
    const auto what = [&](const char* key) {
      return fmt::format("{} of {}", key, response.request);
    };
    if (expected.status) {
      check(response.status == *expected.status, at("status"), what("status"),
            std::to_string(*expected.status), status_text(response));
    }
    if (expected.completeness) {
      check(to_string(response.completeness) == *expected.completeness, at("completeness"),
            what("completeness"), *expected.completeness,
            std::string(to_string(response.completeness)));
    }
    if (expected.body_bytes) {
      check(within(*expected.body_bytes, response.body_bytes), at("body_bytes"), what("body_bytes"),
            to_text(*expected.body_bytes), std::to_string(response.body_bytes));
    }
    if (expected.body_hash) {
      check(response.body_hash == *expected.body_hash, at("body_hash"), what("body_hash"),
            *expected.body_hash, response.body_hash);
    }
    for (const auto& text : expected.body_contains) {
      check(response.body.find(text) != std::string::npos, at("body_contains"),
            what("body_contains"), in_quotes(text), in_quotes(response.body.substr(0, 200)));
    }
    for (const auto& header : expected.headers)
      header_of(response, header, at("headers"));
    if (expected.connection_end) {
      check(response.connection_end == *expected.connection_end, at("connection_end"),
            what("connection_end"), *expected.connection_end, response.connection_end);
    }
    if (expected.elapsed) {
      check(within_time(*expected.elapsed, response.elapsed), at("elapsed"), what("elapsed"),
            to_text(*expected.elapsed), net::format_duration(response.elapsed));
    }
    if (expected.attempts || expected.log_status) in_access_log(expected, response);
  }

  static std::string status_text(const Response& response) {
    if (response.client_left) return "the client left before it came";
    return response.status == 0 ? "no status line came" : std::to_string(response.status);
  }

  void header_of(const Response& response, const std::pair<std::string, std::string>& expected,
                 const Position& position) {
    const auto it = std::find_if(
        response.headers.begin(), response.headers.end(),
        [&](const auto& header) { return net::http1::iequals(header.first, expected.first); });
    const bool found = it != response.headers.end();
    check(found && it->second == expected.second, position,
          fmt::format("header {} of {}", expected.first, response.request),
          in_quotes(expected.second), found ? in_quotes(it->second) : "it is not there");
  }

  // ---- its line in the access log

  void in_access_log(const ExpectedResponse& expected, const Response& response) {
    const auto it =
        std::find_if(outcome_.access.begin(), outcome_.access.end(), [&](const AccessEntry& entry) {
          return entry.client_port == response.client_port && entry.nth == response.nth;
        });
    if (it == outcome_.access.end()) {
      check(false, expected.position, "the access log of " + response.request, "a line",
            "there is none");
      return;
    }
    if (expected.log_status) {
      check(it->status == *expected.log_status,
            position_of(expected.positions, "log_status", expected.position),
            "log_status of " + response.request, std::to_string(*expected.log_status),
            std::to_string(it->status));
    }
    if (expected.attempts) {
      attempts(*expected.attempts, it->attempts, response.request,
               position_of(expected.positions, "attempts", expected.position));
    }
  }

  void attempts(const std::vector<ExpectedAttempt>& expected, const std::vector<Attempt>& actual,
                const std::string& request, const Position& position) {
    check(expected.size() == actual.size(), position, "number of attempts of " + request,
          std::to_string(expected.size()),
          fmt::format("{} ({})", actual.size(), servers_of(actual)));
    for (std::size_t i = 0; i < std::min(expected.size(), actual.size()); ++i) {
      attempt(expected[i], actual[i], fmt::format("attempt {} of {}", i + 1, request), position);
    }
  }

  static std::string servers_of(const std::vector<Attempt>& attempts) {
    std::vector<std::string> servers;
    for (const auto& attempt : attempts)
      servers.push_back(attempt.server);
    return servers.empty() ? "none" : net::join(servers, ", ");
  }

  void attempt(const ExpectedAttempt& expected, const Attempt& actual, const std::string& which,
               const Position& position) {
    if (expected.server) {
      check(actual.server == *expected.server, position, "server of " + which, *expected.server,
            actual.server);
    }
    if (expected.status) {
      check(actual.status == expected.status, position, "status of " + which,
            std::to_string(*expected.status), actual.status ? std::to_string(*actual.status) : "-");
    }
    attempt_time("connect_time of " + which, expected.connect_time, expected.no_connect_time,
                 actual.connect_time, position);
    attempt_time("header_time of " + which, expected.header_time, expected.no_header_time,
                 actual.header_time, position);
    attempt_time("response_time of " + which, expected.response_time, false, actual.response_time,
                 position);
  }

  void attempt_time(const std::string& what, const std::optional<Range<net::Duration>>& expected,
                    bool never, const std::optional<net::Duration>& actual,
                    const Position& position) {
    const std::string text = actual ? net::format_duration(*actual) : "-";
    if (never) check(!actual, position, what, "-", text);
    if (expected) {
      check(actual && within_time(*expected, *actual), position, what, to_text(*expected), text);
    }
  }

  // ---- logs

  static bool is_error(const LogLine& line) {
    return line.level != "warn" && line.level != "notice" && line.level != "info" &&
           line.level != "debug";
  }

  void error_log() {
    if (!scenario_.expect.error_log) return;
    const auto& expected = *scenario_.expect.error_log;
    std::vector<std::string> actual;
    for (const LogLine& line : outcome_.error_log) {
      if (is_error(line)) actual.push_back(line.message);
    }
    bool met = expected.size() == actual.size();
    for (std::size_t i = 0; met && i < expected.size(); ++i) {
      met = actual[i].starts_with(named(expected[i]));
    }
    check(met, position_of(scenario_.expect.positions, "error_log", scenario_.expect.position),
          "error_log", lines_text(expected), lines_text(actual));
  }

  static std::string lines_text(const std::vector<std::string>& lines) {
    return lines.empty() ? "nothing logged" : net::join(lines, "\n");
  }

  // "{app[0]}" in an expectation is the server's address, which the outcome has by its name.
  static std::string named(std::string text) {
    std::erase_if(text, [](char c) { return c == '{' || c == '}'; });
    return text;
  }

  std::vector<std::string> access_lines() const {
    std::vector<std::string> lines;
    for (const auto& entry : outcome_.access)
      lines.push_back(entry.line);
    return lines;
  }

  std::vector<std::string> error_lines() const {
    std::vector<std::string> lines;
    for (const auto& line : outcome_.error_log) {
      lines.push_back(fmt::format("[{}] {}", line.level, line.message));
    }
    return lines;
  }

  void contains(const std::string& what, const std::vector<std::string>& expected,
                const std::vector<std::string>& lines, const Position& position) {
    for (const auto& text : expected) {
      const bool met = std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
        return line.find(named(text)) != std::string::npos;
      });
      check(met, position, what, text, lines_text(lines));
    }
  }

  // ---- backends

  void backend(const ExpectedBackend& expected) {
    const auto it =
        std::find_if(outcome_.backends.begin(), outcome_.backends.end(),
                     [&](const BackendSeen& seen) { return seen.name == expected.name; });
    if (it == outcome_.backends.end()) return;  // the loader has refused unknown names
    const auto counted = [&](const std::string& what,
                             const std::optional<Range<std::uint64_t>>& range,
                             std::uint64_t actual) {
      if (!range) return;
      check(within(*range, actual), expected.position, what + " of " + expected.name,
            to_text(*range), std::to_string(actual));
    };
    counted("connections", expected.connections, it->connections);
    counted("requests", expected.requests, it->requests);
    counted("executed", expected.executed, it->executed);
    counted("responses", expected.responses, it->responses);
    contains("log_contains of " + expected.name, expected.log_contains, it->log,
             position_of(expected.positions, "log_contains", expected.position));
  }

  // ---- loads

  // What a response is counted as: its status, and how it ended.
  static bool counts_as(const Response& response, const std::string& key) {
    if (key == "left") return response.client_left;
    if (key == std::to_string(response.status)) return true;
    return key == to_string(response.completeness) && !response.client_left;
  }

  void shares() {
    const auto total = static_cast<double>(outcome_.responses.size());
    for (const auto& [key, range] : scenario_.expect.share) {
      const auto number = static_cast<double>(std::count_if(
          outcome_.responses.begin(), outcome_.responses.end(),
          [&key = key](const Response& response) { return counts_as(response, key); }));
      const double share = total == 0 ? 0 : number / total;
      check(within(range, share),
            position_of(scenario_.expect.positions, "share", scenario_.expect.position),
            "share of " + key, percent_text(range),
            fmt::format("{:.2f}% ({} of {})", share * 100, number, total));
    }
  }

  void percentiles() {
    std::vector<net::Duration> times;
    for (const auto& response : outcome_.responses)
      times.push_back(response.elapsed);
    std::sort(times.begin(), times.end());
    for (const auto& [key, range] : scenario_.expect.percentile) {
      const net::Duration actual = percentile(times, key);
      check(within_time(range, actual),
            position_of(scenario_.expect.positions, "percentile", scenario_.expect.position), key,
            to_text(range), net::format_duration(actual));
    }
  }

  bool within_time(Range<net::Duration> range, net::Duration actual) const {
    if (range.exact || tolerance_.ranges) {
      if (range.low) range.low = *range.low - tolerance_.early;
      if (range.high) range.high = *range.high + tolerance_.late;
    }
    return within(range, actual);
  }

  const Scenario& scenario_;
  const Outcome& outcome_;
  Tolerance tolerance_;
  Verdict& verdict_;
};

}  // namespace

Tolerance Tolerance::virtual_clock() {
  return {10ms, 10ms};
}
Tolerance Tolerance::real_clock() {
  return {300ms, 1s, true};
}

namespace {

// The verdict before anything is judged: passed, unless it was not played.
Verdict begin_verdict(const Scenario& scenario, const Outcome& outcome) {
  Verdict verdict;
  verdict.name = scenario.name;
  verdict.title = scenario.remedy.empty() ? scenario.title : scenario.remedy_title;
  verdict.file = scenario.file;
  if (!outcome.skipped.empty()) {
    verdict.state = Verdict::State::skipped;
    verdict.reason = outcome.skipped;
  } else if (!outcome.broken.empty()) {
    verdict.state = Verdict::State::broken;
    verdict.reason = outcome.broken;
  }
  return verdict;
}

}  // namespace

Verdict judge(const Scenario& scenario, Outcome outcome, Tolerance tolerance) {
  Verdict verdict = begin_verdict(scenario, outcome);
  if (verdict.state == Verdict::State::passed) {
    Judge(scenario, outcome, tolerance, verdict).all();
    if (!verdict.mismatches.empty()) verdict.state = Verdict::State::failed;
  }
  if (!outcome.real_clock) verdict.hash = timeline_hash(outcome);
  verdict.outcome = std::move(outcome);
  return verdict;
}

Verdict judge_on(const Scenario& scenario, Outcome outcome, const std::string& proxy) {
  const auto expected = scenario.on.find(proxy);
  if (expected == scenario.on.end() && outcome.skipped.empty() && outcome.broken.empty())
    outcome.skipped = fmt::format("nothing is expected of it on {}", proxy);
  Verdict verdict = begin_verdict(scenario, outcome);
  if (verdict.state == Verdict::State::passed) {
    const auto cell = matrix::parse_cell(expected->second.text);
    const auto actual = matrix::cell_of(outcome);
    verdict.expectations = 1;
    if (!cell || !matrix::same_answers(*cell, actual) || !matrix::same_codes(*cell, actual)) {
      verdict.mismatches.push_back({expected->second.position, "what comes of it on " + proxy,
                                    expected->second.text, matrix::text_of(actual)});
      verdict.state = Verdict::State::failed;
    }
  }
  verdict.outcome = std::move(outcome);
  return verdict;
}

}  // namespace badgate::harness
