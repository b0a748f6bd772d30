#include "harness/load.h"

#include <doctest/doctest.h>

#include <chrono>

using namespace badgate;
using namespace std::chrono_literals;

namespace {

harness::Scenario load_one(std::string_view text) {
  auto loaded = harness::load_text(text, "test.toml", "test/test");
  CHECK(harness::to_text(loaded.diagnostics) == "");
  REQUIRE(!loaded.scenarios.empty());
  return std::move(loaded.scenarios.front());
}

}  // namespace

TEST_CASE("A scenario and its remedy are read whole") {
  constexpr auto text = R"toml(
title = "The application needs 75 s, the proxy waits 60 s"
cause = "slow-application"
rows = ["D1"]

[proxy]
proxy_read_timeout = "60s"

[[upstream.app]]
fault = { slow = "header", delay = "75s" }

[[request]]
path = "/report"

[request.expect]
status = 504
elapsed = "60s"
attempts = [{ server = "app[0]", status = 504 }]
error_log = "upstream timed out (110: Connection timed out)"

[remedy.longer_read_timeout]
helps = true
proxy.proxy_read_timeout = "90s"
expect.status = 200
)toml";
  const auto loaded = harness::load_text(text, "test.toml", "slow-application/test");
  CHECK(harness::to_text(loaded.diagnostics) == "");
  REQUIRE(loaded.scenarios.size() == 2);
  const harness::Scenario& base = loaded.scenarios[0];
  CHECK(base.name == "slow-application/test");
  CHECK(base.proxy.proxy.read_timeout == 60s);
  CHECK(base.proxy.proxy_pass == "http://app");
  REQUIRE(base.backends.size() == 1);
  CHECK(base.backends[0].name == "app[0]");
  REQUIRE(base.backends[0].settings.faults.size() == 1);
  CHECK(base.backends[0].settings.faults[0].name == "slow: header");
  REQUIRE(base.requests.size() == 1);
  const harness::ExpectedResponse& expect = base.requests[0].expect;
  CHECK(expect.status == 504);
  REQUIRE(expect.elapsed);
  CHECK(expect.elapsed->exact);
  CHECK(expect.elapsed->low == 60s);
  REQUIRE(expect.attempts);
  CHECK(expect.attempts->at(0).server == "app[0]");
  REQUIRE(base.expect.error_log);
  CHECK(base.expect.error_log->size() == 1);

  const harness::Scenario& remedy = loaded.scenarios[1];
  CHECK(remedy.name == "slow-application/test:longer_read_timeout");
  CHECK(remedy.remedy_helps);
  CHECK(remedy.proxy.proxy.read_timeout == 90s);
  CHECK(remedy.requests[0].expect.status == 200);
  CHECK(!remedy.requests[0].expect.elapsed);
  CHECK(!remedy.expect.error_log);
}

TEST_CASE("The least that a scenario needs") {
  const auto scenario = load_one("title = 't'\nupstream.app = {}\nrequest = {}\n");
  CHECK(scenario.requests[0].method == "GET");
  CHECK(scenario.requests[0].path == "/");
  CHECK(scenario.backends[0].server.weight == 1);
}

TEST_CASE("Every key of a request reaches the scenario") {
  const auto s = load_one(R"toml(
title = "t"
upstream.app = {}
[[request]]
name = "first"
method = "POST"
path = "/a?b=c"
http_version = "1.1"
headers = { X-One = "1", X-Two = "two" }
body = "8m"
chunked = true
at = "5s"
repeat = 3
leave_after_bytes = "1k"
upload_rate = "10k"
upload_pause = "70s"
download_rate = "1k"
[[request]]
body_text = "hello"
reuse = true
pause = "500ms"
leave_after = "10s"
[[request]]
concurrent = 50
refresh_after = "5s"
refreshes = 2
)toml");
  REQUIRE(s.requests.size() == 3);
  const harness::Request& first = s.requests[0];
  CHECK(first.position.line == 4);
  CHECK(first.name == "first");
  CHECK(first.method == "POST");
  CHECK(first.path == "/a?b=c");
  CHECK(first.http_version == "1.1");
  CHECK(first.headers == decltype(first.headers){{"X-One", "1"}, {"X-Two", "two"}});
  CHECK(first.body_bytes == 8U << 20U);
  CHECK(first.chunked);
  CHECK(first.at == net::TimePoint(5s));
  CHECK(first.repeat == 3);
  CHECK(first.leave_after_bytes == 1024);
  CHECK(first.upload_rate == 10240);
  CHECK(first.upload_pause == 70s);
  CHECK(first.download_rate == 1024);
  CHECK(s.requests[1].body == "hello");
  CHECK(s.requests[1].reuse);
  CHECK(s.requests[1].pause == 500ms);
  CHECK(s.requests[1].leave_after == 10s);
  CHECK(s.requests[2].concurrent == 50);
  CHECK(s.requests[2].refresh_after == 5s);
  CHECK(s.requests[2].refreshes == 2);
}

TEST_CASE("Every expectation reaches the scenario") {
  const auto s = load_one(R"toml(
title = "t"
upstream.app = {}
[[request]]
[request.expect]
status = 200
completeness = "cut"
body_bytes = "1k..2k"
body_hash = "a430d84680aabd0b"
body_contains = "x"
headers = { Server = "nginx" }
connection_end = "FIN"
elapsed = "..2s"
log_status = 499
attempts = [{ server = "app", status = 502, connect_time = "-", header_time = "1s..2s" }]
[expect]
error_log = []
error_log_contains = "a"
access_log_contains = ["b", "c"]
share = { "200" = "95%..", cut = 0.05 }
percentile = { p99 = "..2s" }
backend."app[0]" = { connections = 1, requests = "1..2", executed = "..3", responses = 0 }
)toml");
  const harness::ExpectedResponse& response = s.requests.at(0).expect;
  CHECK(response.status == 200);
  CHECK(response.completeness == "cut");
  CHECK(response.body_bytes->low == 1024);
  CHECK(response.body_bytes->high == 2048);
  CHECK(!response.body_bytes->exact);
  CHECK(response.body_hash == "a430d84680aabd0b");
  CHECK(response.body_contains == std::vector<std::string>{"x"});
  CHECK(response.headers.at(0).second == "nginx");
  CHECK(response.connection_end == "FIN");
  CHECK(!response.elapsed->low);
  CHECK(response.elapsed->high == 2s);
  CHECK(response.log_status == 499);
  CHECK(response.positions.at("elapsed").line == 13);
  const harness::ExpectedAttempt& attempt = response.attempts->at(0);
  CHECK(attempt.server == "app");
  CHECK(attempt.status == 502);
  CHECK(attempt.no_connect_time);
  CHECK(!attempt.connect_time);
  CHECK(!attempt.no_header_time);
  CHECK(attempt.header_time->low == 1s);
  CHECK(!attempt.response_time);

  CHECK(s.expect.error_log->empty());
  CHECK(s.expect.error_log_contains.size() == 1);
  CHECK(s.expect.access_log_contains.size() == 2);
  CHECK(s.expect.share.at("200").low == 0.95);
  CHECK(!s.expect.share.at("200").high);
  CHECK(s.expect.share.at("cut").exact);
  CHECK(s.expect.percentile.at("p99").high == 2s);
  const harness::ExpectedBackend& seen = s.expect.backends.at(0);
  CHECK(seen.name == "app[0]");
  CHECK(seen.connections->exact);
  CHECK(seen.requests->high == 2);
  CHECK(!seen.executed->low);
  CHECK(seen.responses->high == 0);
}

TEST_CASE("Servers, backends, events and load reach the scenario") {
  const auto s = load_one(R"toml(
title = "t"
tags = ["one", "two"]
clock = "real"
limit = "5m"
[proxy]
proxy_next_upstream = ["error", "timeout", "http_503"]
proxy_buffering = false
proxy_next_upstream_tries = 2
[group.app]
keepalive = 16
[[upstream.app]]
transport = "unix"
weight = 3
backup = true
calls = "db"
headers = { X-App = "1" }
[[upstream.app]]
[[backend.db]]
body_text = "row"
[[backend.db]]
[[event]]
at = "1s"
crash = "app[1]"
[[event]]
at = "2s"
set = { proxy_read_timeout = 90 }
[load]
rate = 0.5
duration = "1m"
arrivals = "even"
request.path = "/x"
)toml");
  CHECK(s.tags.size() == 2);
  CHECK(s.clock == harness::ClockNeed::real);
  CHECK(s.limit == 5min);
  CHECK(s.proxy.proxy.next_upstream_tries == 2);
  CHECK(!s.proxy.proxy.buffering);
  CHECK(s.directives.directives ==
        decltype(s.directives.directives){{"proxy_next_upstream", "error timeout http_503"},
                                          {"proxy_buffering", "off"},
                                          {"proxy_next_upstream_tries", "2"}});
  REQUIRE(s.proxy.upstreams.size() == 1);
  CHECK(s.proxy.upstreams[0].keepalive == 16);
  CHECK(s.proxy.upstreams[0].servers.at(0).weight == 3);
  REQUIRE(s.backends.size() == 4);
  CHECK(s.backends[0].transport == harness::BackendSpec::Transport::unix);
  CHECK(s.backends[0].server.backup);
  CHECK(s.backends[0].upstream == 0);
  CHECK(s.backends[0].calls == "db");
  CHECK(s.backends[0].settings.answer.headers.at(0).first == "X-App");
  CHECK(s.backends[2].name == "db");
  CHECK(s.backends[2].settings.answer.body == "row");
  CHECK(!s.backends[2].upstream);
  CHECK(s.backends[3].name == "db[1]");
  REQUIRE(s.events.size() == 2);
  CHECK(s.events[0].kind == harness::TimelineEvent::Kind::crash);
  CHECK(s.events[0].backend == "app[1]");
  CHECK(s.events[1].at == net::TimePoint(2s));
  CHECK(s.events[1].directives.directives.at(0).second == "90");
  REQUIRE(s.load);
  CHECK(s.load->rate == 0.5);
  CHECK(s.load->duration == 60s);
  CHECK(!s.load->poisson);
  CHECK(s.load->request.path == "/x");
}

TEST_CASE("The file may have a byte order mark and CRLF line ends") {
  const auto s = load_one("\xef\xbb\xbftitle = 't'\r\nupstream.app = {}\r\nrequest = {}\r\n");
  CHECK(s.title == "t");
}
