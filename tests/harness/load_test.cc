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
  CHECK(base.proxy.proxy_read_timeout == 60s);
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
  CHECK(remedy.proxy.proxy_read_timeout == 90s);
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
