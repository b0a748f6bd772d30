// Reports from what really happened: the whole catalogue is played, and every case goes through
// the JSON report and back.
#include "harness/reports/run_report.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/judge.h"
#include "harness/load.h"
#include "harness/reports/json.h"
#include "harness/run.h"
#include "harness/scenario_needs.h"
#include "harness/workers.h"

using namespace badgate::harness;
using namespace badgate::harness::reports;
using nlohmann::json;

namespace {

std::vector<std::string> unknown_facts(const Outcome& outcome) {
  std::vector<std::string> unknown;
  for (const Fact& fact : outcome.timeline) {
    if (!is_known(fact)) unknown.push_back(fact.who + ": " + fact.what);
  }
  return unknown;
}

// Lanes that nobody would expect in this scenario.
std::vector<std::string> odd_lanes(const Scenario& scenario, const std::vector<Step>& steps) {
  std::vector<std::string> lanes{"client", "proxy"};
  for (const auto& backend : scenario.backends)
    lanes.push_back(backend.name);
  for (const auto& dns : scenario.dns)
    lanes.push_back(dns.name);
  std::vector<std::string> odd;
  for (const Step& step : steps) {
    for (const auto& lane : {step.from, step.to}) {
      const bool known = std::ranges::find(lanes, lane) != lanes.end();
      if (!known && lane.find("no-such-folder") == lane.npos) odd.push_back(step.what + lane);
    }
  }
  return odd;
}

// What the parent checks, from where the scenario was played.
std::string played(const Scenario& scenario, int interrupt_fd) {
  Outcome outcome = run(scenario, {.interrupt_fd = interrupt_fd, .programs = false});
  json result = {{"unknown", unknown_facts(outcome)},
                 {"odd", odd_lanes(scenario, steps_of(outcome.timeline))}};
  const Verdict verdict = judge(scenario, std::move(outcome), Tolerance::virtual_clock());
  result["case"] = case_json(case_of(scenario, verdict));
  return result.dump(-1, ' ', false, json::error_handler_t::replace);
}

void check_case(const Scenario& scenario, const std::string& text) {
  const auto one = case_from_json(text);
  REQUIRE_MESSAGE(one.has_value(), (one ? "" : one.error().message));
  CHECK(case_json(*one) == text);
  CHECK(one->name == scenario.name);
  CHECK(one->load.has_value() == scenario.load.has_value());
  CHECK(one->timeline.size() <= kMostKept);
  if (one->load && one->state == Verdict::State::passed) {
    CHECK(!one->load->statuses.empty());
    CHECK(one->load->statuses.size() <= 121);
    CHECK(one->load->percentiles.at("max") >= one->load->percentiles.at("p50"));
  }
}

}  // namespace

TEST_CASE("every fact of the catalogue has its place in a diagram, and every case survives JSON") {
  const auto loaded = load(std::vector<std::string>{BADGATE_SOURCE "/scenarios"});
  REQUIRE(loaded.ok());
  const auto& scenarios = loaded.scenarios;
  Workers workers;
  workers.jobs = 2;
  workers.tasks = scenarios.size();
  workers.work = [&](std::size_t i, int fd) { return played(scenarios[i], fd); };
  workers.alone = [&](std::size_t i) { return needs_own_process(scenarios[i]); };
  workers.on_result = [&](std::size_t i, std::string result, const std::string& how_died) {
    CAPTURE(scenarios[i].name);
    CHECK(how_died == "");
    const json j = json::parse(result);
    CHECK(j.at("unknown") == json::array());
    CHECK(j.at("odd") == json::array());
    check_case(scenarios[i], j.at("case").get<std::string>());
    return true;
  };
  CHECK(run_workers(workers).has_value());
}

TEST_CASE("a long case says when each line of its log was written, and how its servers fail") {
  const auto loaded = load_text(
      "title = \"t\"\n"
      "[[upstream.app]]\nfail_timeout = \"60s\"\nfault = { crash = \"after-request\", times = 1 }\n"
      "[[upstream.app]]\nfault = { slow = \"header\", delay = \"1ms\" }\n"
      "[[backend.other]]\n"
      "[[request]]\nrepeat = 100\npause = \"1s\"\n",
      "t.toml", "t");
  REQUIRE(loaded.ok());
  const Scenario& scenario = loaded.scenarios.front();
  const Case one = case_of(scenario, judge(scenario, run(scenario, {}), {}));
  CHECK(one.left_out.timeline > 0);
  REQUIRE(one.access.size() == 100);
  for (std::size_t i = 0; i < one.access.size(); ++i) {
    const auto since = one.access[i].at - badgate::net::TimePoint(std::chrono::seconds(i));
    CHECK(since >= std::chrono::seconds(0));
    CHECK(since < std::chrono::seconds(1));
  }
  REQUIRE(one.backends.size() == 3);
  CHECK(one.backends[0].fail_timeout == std::chrono::seconds(60));
  CHECK(one.backends[0].faults_pass);
  CHECK(one.backends[1].fail_timeout == std::chrono::seconds(10));
  CHECK_FALSE(one.backends[1].faults_pass);
  CHECK_FALSE(one.backends[2].fail_timeout);
  CHECK_FALSE(one.backends[2].faults_pass);
}

TEST_CASE("steps go between the lanes that their words mean") {
  const auto at = badgate::net::TimePoint();
  const auto steps = steps_of({
      {at, "app[0]", "connection refused (port closed) (down: refuse)"},
      {at, "client 2", "sends GET /"},
      {at, "proxy", "connects to app[0]"},
      {at, "proxy", "gives up on app[0]: error: 111 Connection refused"},
      {at, "proxy", "tries the next server"},
      {at, "proxy", "connects to app[1]"},
      {at, "app[1]", "accepts connection 1"},
      {at, "app[1]", "request 1 asks db"},
      {at, "db", "accepts connection 1"},
      {at, "db", "sends response 1: HTTP/1.1 200 OK, 100 body bytes"},
      {at, "app[1]", "connection 1: RST (the kernel's: unread bytes) sent after the response"},
      {at, "error.log", "[error] recv() failed"},
      {at, "event", "a child of app[1] gets SIGSEGV"},
      {at, "event", "the proxy is reloaded with proxy_read_timeout 9s;"},
      {at, "client 2", "receives 502, whole, 157 body bytes after 0s"},
  });
  const auto told = [&](std::size_t i) {
    return std::string(to_string(steps[i].kind)) + " " + steps[i].from + "→" + steps[i].to;
  };
  CHECK(told(0) == "note app[0]→app[0]");
  CHECK(told(1) == "request client→proxy");
  CHECK(told(2) == "connect proxy→app[0]");
  CHECK(told(3) == "rst app[0]→proxy");
  CHECK(told(4) == "retry proxy→proxy");
  CHECK(told(5) == "connect proxy→app[1]");
  CHECK(told(6) == "accept app[1]→app[1]");
  CHECK(told(7) == "request app[1]→db");
  CHECK(told(9) == "response db→app[1]");
  CHECK(told(10) == "rst app[1]→proxy");
  CHECK(told(11) == "log proxy→proxy");
  CHECK(told(12) == "event app[1]→app[1]");
  CHECK(told(13) == "event proxy→proxy");
  CHECK(told(14) == "response proxy→client");
}

TEST_CASE("of a proxy that tells nothing, what it sends is seen where it arrives") {
  const auto at = badgate::net::TimePoint();
  const auto steps = steps_of({{at, "app[0]", "accepts connection 1"},
                               {at, "app[0]", "reads request 1: GET / on connection 1"},
                               {at, "haproxy", "[WARNING] Server app/app0 is DOWN"}});
  CHECK(steps[0].from == "proxy");
  CHECK(steps[0].to == "app[0]");
  CHECK(steps[1].from == "proxy");
  CHECK(steps[1].to == "app[0]");
  CHECK(steps[2].kind == StepKind::log);
  CHECK(steps[2].to == "proxy");
}

TEST_CASE("a report that is not one is refused in words") {
  const auto why = [](std::string_view text) {
    const auto report = report_from_json(text);
    return report ? std::string("read") : report.error().message;
  };
  CHECK(why("{") == "it is not JSON");
  CHECK(why("[]") == "it is no report of badgate");
  CHECK(why(R"({"format": "badgate-report", "version": 2})") ==
        "it is a report of version 2, and this badgate knows version 1");
  CHECK(why(R"({"format": "badgate-report", "version": 1})") == "key 'badgate' not found");
  RunReport report;
  report.cases.resize(2);
  auto text = json_report(report);
  CHECK(why(text) == "read");
  text.replace(text.rfind("passed"), 6, "PASSED");
  CHECK(why(text) == "\"state\" cannot be \"PASSED\" (case 2)");
}
