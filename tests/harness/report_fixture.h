// One small run with everything in it that a report can show: what passed, failed, was skipped and
// broken, a load, a case that ran several times, and texts that no format likes.
#pragma once

#include <chrono>

#include "harness/reports/run_report.h"

namespace badgate::tests {

using harness::Attempt;
using harness::Completeness;
using harness::Verdict;
using harness::reports::Case;
using harness::reports::RunReport;
using harness::reports::StepKind;

inline net::TimePoint at(double seconds) {
  return net::TimePoint(std::chrono::round<net::Duration>(std::chrono::duration<double>(seconds)));
}

inline net::Duration took(double seconds) {
  return at(seconds).time_since_epoch();
}

inline Case named(std::size_t index, const std::string& name, const std::string& title) {
  Case one;
  one.index = index;
  one.name = name;
  one.scenario = name.substr(0, name.find(':'));
  one.remedy = one.scenario == name ? "" : name.substr(one.scenario.size() + 1);
  one.title = title;
  one.cause = name.substr(0, name.find('/'));
  one.file = "scenarios/" + one.scenario + ".toml";
  one.line = one.remedy.empty() ? 1 : 20;
  one.hash = "00f1e2d3c4b5a697";
  one.wall = took(0.002);
  return one;
}

// What a client, the proxy and one server do in a 504.
inline void tell_of_timeout(Case& one) {
  one.modelled = took(60);
  one.timeline = {
      {at(0), "client", "sends GET /report", StepKind::request, "client", "proxy"},
      {at(0), "proxy", "connects to app[0]", StepKind::connect, "proxy", "app[0]"},
      {at(60), "proxy", "gives up on app[0]: timeout", StepKind::timer, "proxy", "proxy"},
      {at(60), "error.log", "[error] upstream timed out (110: Connection timed out)", StepKind::log,
       "proxy", "proxy"},
      {at(60), "client", "receives 504, whole, 167 body bytes after 1m", StepKind::response,
       "proxy", "client"},
  };
  one.responses = {{.request = "request 1",
                    .status = 504,
                    .completeness = Completeness::whole,
                    .body_bytes = 167,
                    .headers = {{"Server", "nginx/1.22.1"}, {"Content-Type", "text/html"}},
                    .started = at(0),
                    .elapsed = took(60),
                    .connection_end = "kept"}};
  one.access = {{{.line = "\"GET /report HTTP/1.1\" status=504",
                  .status = 504,
                  .request_time = took(60),
                  .attempts = {{"app[0]", 504, took(0), {}, took(60)}}},
                 at(60)}};
  one.error_log = {{at(60), "error", "upstream timed out (110: Connection timed out)"}};
  one.backends = {{{.name = "app[0]",
                    .connections = 1,
                    .requests = 1,
                    .executed = 1,
                    .receipt = {"connection 1: waits 1m15s (slow: header)"}},
                   took(10),
                   false}};
}

inline Case failed_case() {
  Case one = named(1, "slow-application/report:longer, \"read\" <timeout> & 100 % # \\",
                   "Raise proxy_read_timeout | to 90 s");
  tell_of_timeout(one);
  one.remedy_helps = true;
  one.rows = {"D1"};
  one.tags = {"slow"};
  one.state = Verdict::State::failed;
  one.expectations = 3;
  one.mismatches = {{{one.file, 22, 5}, "status of request 1", "200", "504"},
                    {{one.file, 23, 1},
                     "error_log",
                     "nothing at level error",
                     "upstream timed out\r\n\x1b[31m\xff``` <script>, 100 %: \xef\xbf\xbf"}};
  one.explanation = {"The report takes 75 s, and nginx waits for 60.",
                     "504 Gateway Time-out after a minute",
                     "upstream timed out (110: Connection timed out)",
                     {"Raise proxy_read_timeout"},
                     {"Restart nginx"}};
  return one;
}

inline Case broken_case() {
  Case one = named(2, "crashed-proxy/haproxy", "HAProxy dies in mid-request");
  tell_of_timeout(one);
  one.state = Verdict::State::broken;
  one.hash.clear();
  one.reason = "haproxy was killed by signal 11 (SIGSEGV); its last lines: \"[ALERT] died\"";
  return one;
}

inline Case skipped_case() {
  Case one = named(3, "firewall/no-route", "No route to the servers");
  one.state = Verdict::State::skipped;
  one.reason = "it needs a network namespace: \"unshare\" is not permitted # here";
  return one;
}

inline Case load_case() {
  Case one = named(4, "overload/twice-as-many", "Twice as many requests as it can do");
  one.modelled = took(2);
  one.expectations = 2;
  one.left_out.timeline = 7;
  one.load = {
      .interval = took(1),
      .statuses = {{at(0), {{"200", 9}, {"502", 1}}}, {at(1), {{"none", 10}}}},
      .percentiles = {{"p50", took(0.1)}, {"p90", took(0.5)}, {"p99", took(1)}, {"max", took(1.5)}},
      .queue = {{at(0), 3}, {at(1), 8}},
      .workers = {{at(0), 2}, {at(1), 2}},
      .attempts_per_request = {{1, 19}, {2, 1}}};
  return one;
}

inline Case repeated_case() {
  Case one = named(5, "deploy/now-and-then", "One in three requests meets the restart");
  one.state = Verdict::State::failed;
  one.expectations = 1;
  one.mismatches = {{{one.file, 9, 1}, "status of request 1", "200", "502"}};
  one.repeats = {.runs = 10, .passed = 7, .failed = 3, .bad_seeds = {2, 5, 9}};
  return one;
}

inline RunReport small_run() {
  RunReport report;
  report.badgate = "0.1.0";
  report.seed = 7;
  report.proxy = "haproxy";
  report.proxy_version = "2.6.12";
  report.clock = "x20";
  report.selected = 6;
  report.wall = took(0.25);
  Case passed = named(0, "slow-application/report", "The report takes 75 s");
  tell_of_timeout(passed);
  passed.expectations = 4;
  report.cases = {passed,         failed_case(), broken_case(),
                  skipped_case(), load_case(),   repeated_case()};
  return report;
}

}  // namespace badgate::tests
