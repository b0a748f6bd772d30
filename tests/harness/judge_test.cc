#include "harness/judge.h"

#include <doctest/doctest.h>

using namespace badgate;
using namespace badgate::harness;
using namespace std::chrono_literals;

namespace {

Range<net::Duration> exactly(net::Duration d) {
  return {d, d, true};
}

// One request that came to a 504 after 60 s at app[0].
Outcome timed_out() {
  Outcome o;
  Response response;
  response.request = "request 1";
  response.status = 504;
  response.completeness = Completeness::whole;
  response.body = "<html>504 Gateway Time-out</html>";
  response.body_bytes = response.body.size();
  response.headers = {{"Server", "nginx/1.28.0"}};
  response.connection_end = "kept";
  response.elapsed = 60s;
  response.client_port = 1234;
  o.responses.push_back(response);
  AccessEntry entry;
  entry.line = "\"GET / HTTP/1.1\" status=504";
  entry.client_port = 1234;
  entry.status = 504;
  entry.attempts.push_back({"app[0]", 504, 0ms, std::nullopt, 60s});
  o.access.push_back(entry);
  o.error_log = {
      {"warn", "upstream server temporarily disabled while …", ""},
      {"error",
       "upstream timed out (110: Connection timed out) while reading response header from "
       "upstream, client: 127.0.0.1",
       ""}};
  o.backends.push_back({"app[0]", 1, 1, 1, 0, {}, {"listens", "child 7 exited on signal 11"}});
  return o;
}

Scenario one_request() {
  Scenario s;
  s.name = "test";
  s.requests.emplace_back();
  return s;
}

std::vector<std::string> missed(const Scenario& s, Outcome o) {
  std::vector<std::string> out;
  const Verdict verdict = judge(s, std::move(o), Tolerance::virtual_clock());
  for (const auto& m : verdict.mismatches) {
    out.push_back(m.what + ": " + m.expected + " / " + m.actual);
  }
  CHECK((verdict.state == Verdict::State::failed) == !out.empty());
  return out;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("what is not expected is not judged") {
  const Verdict v = judge(one_request(), timed_out(), Tolerance::virtual_clock());
  CHECK(v.state == Verdict::State::passed);
  CHECK(v.expectations == 0);
}

TEST_CASE("a proxy that should refuse its configuration is judged by that alone") {
  Scenario s = one_request();
  s.requests.front().expect.status = 200;
  s.expect.start_error = "host not found";
  Outcome refused;
  refused.start_error = "host not found in upstream \"app\"";
  CHECK(missed(s, refused).empty());
  refused.start_error = "a duplicate listen";
  CHECK(missed(s, refused) ==
        std::vector<std::string>{"start_error: host not found / a duplicate listen"});
  CHECK(missed(s, timed_out()) ==
        std::vector<std::string>{"start_error: host not found / the proxy has started"});
}

TEST_CASE("a response is judged by each key that is set") {
  Scenario s = one_request();
  auto& e = s.requests[0].expect;
  e.status = 504;
  e.completeness = "whole";
  e.body_bytes = Range<std::uint64_t>{1, 100, false};
  e.body_contains = {"504 Gateway"};
  e.headers = {{"server", "nginx/1.28.0"}};
  e.connection_end = "kept";
  e.elapsed = exactly(60s);
  CHECK(missed(s, timed_out()) == Lines{});

  e.status = 502;
  e.completeness = "cut";
  e.body_bytes = Range<std::uint64_t>{1000, 1000, true};
  e.body_contains = {"502"};
  e.headers = {{"X-None", "x"}};
  e.connection_end = "FIN";
  e.elapsed = exactly(30s);
  CHECK(missed(s, timed_out()) ==
        Lines{"status of request 1: 502 / 504", "completeness of request 1: cut / whole",
              "body_bytes of request 1: 1000 / 33",
              "body_contains of request 1: \"502\" / \"<html>504 Gateway Time-out</html>\"",
              "header X-None of request 1: \"x\" / it is not there",
              "connection_end of request 1: FIN / kept", "elapsed of request 1: 30s / 1m"});
}

TEST_CASE("a single time has a tolerance, a range has none") {
  Scenario s = one_request();
  auto& e = s.requests[0].expect;
  Outcome o = timed_out();
  o.responses[0].elapsed = 60s + 10ms;
  e.elapsed = exactly(60s);
  CHECK(missed(s, o).empty());
  o.responses[0].elapsed = 60s + 11ms;
  CHECK(missed(s, o).size() == 1);
  e.elapsed = Range<net::Duration>{59s, 60s, false};
  o.responses[0].elapsed = 60s + 1ms;
  CHECK(missed(s, o).size() == 1);
}

TEST_CASE("attempts are those of the access log's line of that very request") {
  Scenario s = one_request();
  auto& e = s.requests[0].expect;
  ExpectedAttempt attempt;
  attempt.server = "app[0]";
  attempt.status = 504;
  attempt.connect_time = exactly(0s);
  attempt.no_header_time = true;
  attempt.response_time = exactly(60s);
  e.attempts = {attempt};
  e.log_status = 504;
  CHECK(missed(s, timed_out()) == Lines{});

  attempt.server = "app[1]";
  attempt.no_connect_time = true;
  attempt.connect_time.reset();
  e.attempts = {attempt, attempt};
  CHECK(missed(s, timed_out()) == Lines{"number of attempts of request 1: 2 / 1 (app[0])",
                                        "server of attempt 1 of request 1: app[1] / app[0]",
                                        "connect_time of attempt 1 of request 1: - / 0ms"});

  Outcome other = timed_out();
  other.access[0].client_port = 4321;
  e.attempts = {};
  CHECK(missed(s, other) == Lines{"the access log of request 1: a line / there is none"});
}

TEST_CASE("the error log is expected whole, from level error up, by the beginning of its lines") {
  Scenario s = one_request();
  s.expect.error_log = {
      "upstream timed out (110: Connection timed out) while reading response header from upstream"};
  CHECK(missed(s, timed_out()).empty());
  s.expect.error_log = std::vector<std::string>{};
  CHECK(missed(s, timed_out()).size() == 1);
  s.expect.error_log = {"upstream timed out", "upstream timed out"};
  CHECK(missed(s, timed_out()).size() == 1);
  s.expect.error_log = {"timed out"};
  CHECK(missed(s, timed_out()).size() == 1);
}

TEST_CASE("lines of any level can be asked for") {
  Scenario s = one_request();
  s.expect.error_log_contains = {"[warn] upstream server temporarily disabled"};
  s.expect.access_log_contains = {"status=504"};
  CHECK(missed(s, timed_out()).empty());
  s.expect.error_log_contains = {"no live upstreams"};
  s.expect.access_log_contains = {"status=200"};
  CHECK(missed(s, timed_out()).size() == 2);
}

TEST_CASE("what a backend saw") {
  Scenario s = one_request();
  ExpectedBackend backend;
  backend.name = "app[0]";
  backend.connections = Range<std::uint64_t>{1, 1, true};
  backend.executed = Range<std::uint64_t>{2, 3, false};
  s.expect.backends = {backend};
  CHECK(missed(s, timed_out()) == Lines{"executed of app[0]: 2..3 / 1"});
}

TEST_CASE("what a backend logged") {
  Scenario s = one_request();
  ExpectedBackend backend;
  backend.name = "app[0]";
  backend.log_contains = {"exited on signal 11", "listens"};
  s.expect.backends = {backend};
  CHECK(missed(s, timed_out()).empty());
  s.expect.backends.front().log_contains = {"exited on signal 9"};
  CHECK(missed(s, timed_out()) == Lines{"log_contains of app[0]: exited on signal 9 / "
                                        "listens\nchild 7 exited on signal 11"});
}

TEST_CASE("shares and percentiles of a load") {
  Scenario s;
  s.load.emplace();
  s.expect.share["200"] = {0.95, 1.0, false};
  s.expect.share["cut"] = {0.0, 0.0, true};
  s.expect.share["whole"] = {1.0, 1.0, true};
  s.expect.percentile["p99"] = {std::nullopt, net::Duration(1s), false};
  Outcome o;
  for (int i = 0; i < 100; ++i) {
    Response r;
    r.status = i < 96 ? 200 : 502;
    r.completeness = Completeness::whole;
    r.elapsed = i * 10ms;
    o.responses.push_back(r);
  }
  CHECK(missed(s, o).empty());
  o.responses[0].status = 502;
  o.responses[1].status = 502;
  o.responses[2].completeness = Completeness::cut;
  o.responses[3].elapsed = 2s;
  o.responses[4].elapsed = 2s;
  CHECK(missed(s, o) == Lines{"share of 200: 95.00%..100.00% / 94.00% (94 of 100)",
                              "share of cut: 0.00% / 1.00% (1 of 100)",
                              "share of whole: 100.00% / 99.00% (99 of 100)", "p99: ..1s / 2s"});
}

TEST_CASE("a request that was never sent fails, a run that broke is broken, a skip is a skip") {
  Scenario s = one_request();
  CHECK(missed(s, {}) == Lines{"request 1: to be sent / it never was"});
  Outcome broken;
  broken.broken = "why";
  CHECK(judge(s, broken, {}).state == Verdict::State::broken);
  Outcome skipped;
  skipped.skipped = "why";
  const Verdict v = judge(s, skipped, {});
  CHECK(v.state == Verdict::State::skipped);
  CHECK(v.reason == "why");
}

TEST_CASE("equal stories have equal hashes, different ones do not") {
  Outcome a;
  a.timeline = {{net::TimePoint(1s), "proxy", "connects"}};
  Outcome b = a;
  CHECK(timeline_hash(a) == timeline_hash(b));
  b.timeline[0].at += 1ns;
  CHECK(timeline_hash(a) != timeline_hash(b));
  // How much the kernel takes for a client that does not read is not the story's.
  Outcome c = a;
  a.timeline.push_back({{}, "proxy", "has answered 200, 2987943 body bytes"});
  c.timeline.push_back({{}, "proxy", "has answered 200, 2989991 body bytes"});
  CHECK(timeline_hash(a) != timeline_hash(c));
  for (Outcome* one : {&a, &c})
    one->error_log.push_back(
        {.level = "info",
         .message = "client timed out (110: Connection timed out) while sending to client"});
  CHECK(timeline_hash(a) == timeline_hash(c));
}

TEST_CASE("what another proxy does is judged by what is expected on it") {
  Scenario s = one_request();
  s.requests.front().expect.status = 200;  // nginx's, and not looked at
  CHECK(judge_on(s, timed_out(), "haproxy").state == Verdict::State::skipped);
  s.on["haproxy"] = {{"f.toml", 3, 1}, "504 1m sH--"};
  Outcome outcome = timed_out();
  outcome.access.front().code = "sH--";
  outcome.error_log.clear();
  CHECK(judge_on(s, outcome, "haproxy").state == Verdict::State::passed);
  outcome.access.front().code = "SH--";
  const auto verdict = judge_on(s, outcome, "haproxy");
  CHECK(verdict.state == Verdict::State::failed);
  REQUIRE(verdict.mismatches.size() == 1);
  CHECK(verdict.mismatches.front().position.line == 3);
  CHECK(verdict.mismatches.front().expected == "504 1m sH--");
  CHECK(verdict.mismatches.front().actual == "504 1m SH--");
  outcome.skipped = "no";
  CHECK(judge_on(s, outcome, "haproxy").state == Verdict::State::skipped);
}
