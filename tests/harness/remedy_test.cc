#include <doctest/doctest.h>
#include <fmt/core.h>

#include <chrono>
#include <string>
#include <string_view>

#include "harness/load.h"

using namespace badgate;
using namespace std::chrono_literals;

namespace {

constexpr auto kBase = R"toml(
title = "base"
[proxy]
proxy_read_timeout = "60s"
proxy_next_upstream = "off"
[[upstream.app]]
body = "1k"
fault = { slow = "header", delay = "75s" }
[[request]]
path = "/report"
headers = { Accept = "text/html" }
[request.expect]
status = 504
elapsed = "60s"
[expect]
error_log = []
)toml";

// The variant that `changes` makes of the base.
harness::Scenario variant(std::string_view changes) {
  const auto text = fmt::format("{}[remedy.it]\nhelps = true\n{}\n", kBase, changes);
  auto loaded = harness::load_text(text, "base.toml", "a/base");
  CHECK(harness::to_text(loaded.diagnostics) == "");
  REQUIRE(loaded.scenarios.size() == 2);
  CHECK(loaded.scenarios[1].name == "a/base:it");
  CHECK(loaded.scenarios[1].title == "base");
  return std::move(loaded.scenarios[1]);
}

}  // namespace

TEST_CASE("Tables merge") {
  const auto s = variant("proxy.proxy_read_timeout = '90s'\nrequest.headers.X-Id = '7'");
  CHECK(s.proxy.proxy.read_timeout == 90s);
  CHECK(s.proxy.proxy.next_upstream == 0);
  CHECK(s.requests.at(0).path == "/report");
  CHECK(s.requests.at(0).headers ==
        decltype(s.requests.at(0).headers){{"Accept", "text/html"}, {"X-Id", "7"}});
}

TEST_CASE("Without new expectations the old ones hold") {
  const auto s = variant("proxy.proxy_read_timeout = '90s'");
  CHECK(s.requests.at(0).expect.status == 504);
  CHECK(s.expect.error_log.has_value());
}

TEST_CASE("New expectations of one request replace all old ones") {
  for (const auto* changes : {"expect.status = 200", "request.expect.status = 200"}) {
    const auto s = variant(fmt::format("proxy.proxy_read_timeout = '90s'\n{}", changes));
    CHECK(s.requests.at(0).expect.status == 200);
    CHECK(!s.requests.at(0).expect.elapsed);
    CHECK(!s.expect.error_log);
  }
}

TEST_CASE("A table laid over the only server changes that server") {
  const auto s = variant("upstream.app.body = '2k'");
  REQUIRE(s.backends.size() == 1);
  CHECK(s.backends[0].settings.answer.body_bytes == 2048);
  CHECK(s.backends[0].settings.faults.size() == 1);
}

TEST_CASE("A fault replaces the fault, and an empty list heals") {
  const auto other = variant("upstream.app.fault = { slow = 'header-stall' }");
  REQUIRE(other.backends.at(0).settings.faults.size() == 1);
  CHECK(other.backends[0].settings.faults[0].name == "slow: header-stall");
  CHECK(variant("upstream.app.faults = []").backends.at(0).settings.faults.empty());
}

TEST_CASE("A list replaces the list") {
  const auto s = variant("upstream.app = [{}, { weight = 2 }]");
  REQUIRE(s.backends.size() == 2);
  CHECK(s.backends[0].settings.faults.empty());
  CHECK(s.backends[1].name == "app[1]");
  CHECK(s.proxy.upstreams.at(0).servers.at(1).weight == 2);
}

TEST_CASE("A remedy has its own title and place") {
  const auto s = variant("title = 'Wait longer'\nproxy.proxy_read_timeout = '90s'");
  CHECK(s.remedy == "it");
  CHECK(s.remedy_title == "Wait longer");
  CHECK(s.remedy_helps);
  CHECK(s.position.line == 17);
}

TEST_CASE("One request may be written anew as a list") {
  const auto s = variant("request = [{ path = '/a' }, { path = '/b', reuse = true }]");
  REQUIRE(s.requests.size() == 2);
  CHECK(s.requests[1].reuse);
  CHECK(!s.requests[0].expect.status);
}
