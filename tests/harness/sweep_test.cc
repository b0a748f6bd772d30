#include "harness/change/sweep.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "harness/change/axis.h"
#include "harness/change/sweep_report.h"
#include "harness/load.h"

using namespace badgate;
using namespace badgate::harness;
using namespace badgate::harness::change;

namespace {

constexpr auto kSlow = R"(title = "It takes <75 s> & more"
[proxy]
proxy_read_timeout = "60s"
proxy_next_upstream = "off"
[[upstream.app]]
fault = { slow = "header", delay = "75s" }
[[upstream.app]]
backup = true
body = "1k"
[[request]]
path = "/report"
[remedy.faster]
helps = true
upstream.app = [{ fault = { slow = "header", delay = "30s" } }]
)";

// A scenario's file, as long as the test lasts.
struct File {
  explicit File(const std::string& text)
      : path("/tmp/badgate-sweep-" + std::to_string(::getpid()) + ".toml") {
    std::ofstream(path) << text;
    auto loaded = load(std::vector<std::string>{path});
    for (const Diagnostic& d : loaded.diagnostics)
      FAIL_CHECK(harness::to_text(d));
    REQUIRE(loaded.ok());
    scenarios = std::move(loaded.scenarios);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { std::remove(path.c_str()); }

  std::string path;
  std::vector<Scenario> scenarios;
};

std::string error_of(const Scenario& scenario, const std::string& name) {
  const auto found = varied(scenario, name);
  return found ? "" : found.error().message;
}

Sweep swept(const Scenario& scenario, const std::string& name, const std::string& span) {
  const auto found = varied(scenario, name);
  REQUIRE(found);
  const auto parsed = parse_span(span, (*found)->usual_unit());
  REQUIRE(parsed);
  Sweep sweep;
  sweep.name = name;
  sweep.unit = parsed->unit;
  sweep.own_value = (*found)->own_value();
  for (const Value& value : values_of(*parsed, Scale::automatic, 7, 1))
    sweep.points.push_back({.value = value, .seen = {}});
  const auto done = play(**found, {.seed = 1, .jobs = 2}, sweep);
  REQUIRE(done);
  return sweep;
}

std::vector<std::string> labels(const std::vector<Tick>& ticks) {
  std::vector<std::string> out;
  for (const Tick& tick : ticks)
    out.push_back(tick.label);
  return out;
}

std::vector<std::int64_t> amounts(const std::vector<Value>& values) {
  std::vector<std::int64_t> out;
  for (const Value& value : values)
    out.push_back(value.amount);
  return out;
}

}  // namespace

TEST_CASE("ranges are times, sizes or numbers") {
  struct Case {
    const char* text;
    Unit hint;
    Unit unit;
    std::int64_t from;
    std::int64_t to;
  };
  const Case cases[] = {
      {"1s..60s", Unit::word, Unit::time, 1000, 60000},
      {"500ms..1m", Unit::word, Unit::time, 500, 60000},
      {"1..60", Unit::time, Unit::time, 1000, 60000},
      {"1k..64k", Unit::word, Unit::size, 1024, 65536},
      {"1..1m", Unit::size, Unit::size, 1, 1 << 20},
      {"1..20", Unit::word, Unit::number, 1, 20},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const auto span = parse_span(c.text, c.hint);
    REQUIRE(span);
    CHECK(span->unit == c.unit);
    CHECK(span->from == c.from);
    CHECK(span->to == c.to);
  }
  for (const char* wrong : {"", "..", "1s", "1s..", "..1s", "2s..1s", "1s..1s", "1s..2k", "a..b",
                            "1..99999999999999999999"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_span(wrong, Unit::word));
  }
}

TEST_CASE("lists are sorted, unless they are of words") {
  const auto times = parse_list("5s, 1s,5s,1m", Unit::word);
  REQUIRE(times);
  CHECK(amounts(times->values) == std::vector<std::int64_t>{1000, 5000, 60000});
  const auto words = parse_list("off,error timeout", Unit::word);
  REQUIRE(words);
  CHECK(words->unit == Unit::word);
  CHECK(written(words->values[1], Unit::word) == "error timeout");
  CHECK_FALSE(parse_list(" ,", Unit::word));
  CHECK_FALSE(parse_list("1s,x", Unit::word));
}

TEST_CASE("values between two ends are round, and never more than asked for") {
  CHECK(amounts(values_of({Unit::number, 1, 5}, Scale::automatic, 15, 1)) ==
        std::vector<std::int64_t>{1, 2, 3, 4, 5});
  CHECK(amounts(values_of({Unit::size, 1024, 65536}, Scale::automatic, 7, 1)) ==
        std::vector<std::int64_t>{1024, 2048, 4096, 8192, 16384, 32768, 65536});
  CHECK(amounts(values_of({Unit::time, 0, 10000}, Scale::automatic, 3, 1)) ==
        std::vector<std::int64_t>{0, 5000, 10000});
  CHECK(amounts(values_of({Unit::time, 1000, 3000}, Scale::automatic, 9, 1000)) ==
        std::vector<std::int64_t>{1000, 2000, 3000});
  CHECK(shown({.amount = 75001}, Unit::time) == "1m15.001s");
  CHECK(written({.amount = 75001}, Unit::time) == "75001ms");
  CHECK(shown({.amount = 65536}, Unit::size) == "64k");
  CHECK(shown({.amount = 5000}, Unit::size) == "5000");
}

TEST_CASE("the marks of an axis are round") {
  CHECK(labels(Axis(0, 75000, false, 0, 1).ticks(Unit::time, 7)) ==
        std::vector<std::string>{"0ms", "15s", "30s", "45s", "1m", "1m15s"});
  CHECK(labels(Axis(1024, 65536, true, 0, 1).ticks(Unit::size, 9)) ==
        std::vector<std::string>{"1k", "2k", "4k", "8k", "16k", "32k", "64k"});
  CHECK(labels(Axis(1, 20, false, 0, 1).ticks(Unit::number, 9)) ==
        std::vector<std::string>{"5", "10", "15", "20"});
  CHECK(Axis(1, 100, true, 0, 10).at(10) == doctest::Approx(5));
  CHECK(Axis(0, 10, false, 100, 0).at(5) == doctest::Approx(50));
}

TEST_CASE("directives and keys of the file can be varied, and nothing else") {
  const File file(kSlow);
  const Scenario& scenario = file.scenarios.front();
  for (const char* name :
       {"proxy_read_timeout", "group.keepalive", "server.max_fails", "fault.delay",
        "app[0].fault.delay", "app[1].body", "request.body_bytes"}) {
    CAPTURE(name);
    CHECK(error_of(scenario, name) == "");
  }
  CHECK(error_of(scenario, "proxy_read_timout").find("did you mean") != std::string::npos);
  CHECK(error_of(scenario, "app.body").find("its servers are app[0], app[1]") != std::string::npos);
  CHECK(error_of(scenario, "app[2].body") != "");
  CHECK(error_of(scenario, "app[1].fault.delay") != "");
  CHECK(error_of(scenario, "app[x].body") != "");
  CHECK(error_of(scenario, "load.rate") != "");
  CHECK(error_of(scenario, "title.x") != "");
  CHECK(error_of(scenario, "app[0]..delay") != "");

  const auto delay = varied(scenario, "fault.delay");
  REQUIRE(delay);
  CHECK((*delay)->own_value() == "75s");
  CHECK((*delay)->with({.amount = 5000}, Unit::time));
  CHECK_FALSE((*delay)->with({.word = "soon"}, Unit::word));
  const auto remedy = varied(file.scenarios.back(), "fault.delay");
  REQUIRE(remedy);
  CHECK((*remedy)->own_value() == "30s");
}

TEST_CASE("the value at which the outcome changes is found to the millisecond") {
  const File file(kSlow);
  const Sweep timeout = swept(file.scenarios.front(), "proxy_read_timeout", "1s..2m");
  REQUIRE(timeout.thresholds.size() == 1);
  CHECK(timeout.thresholds[0].below.value.amount == 75000);
  CHECK(timeout.thresholds[0].from.value.amount == 75001);
  CHECK(to_text(timeout.thresholds[0], timeout.unit) == "below 1m15.001s 504, from there on 200");
  const Sweep delay = swept(file.scenarios.front(), "fault.delay", "1s..90s");
  REQUIRE(delay.thresholds.size() == 1);
  CHECK(delay.thresholds[0].from.value.amount == 60000);
  CHECK(outcome_text(delay.thresholds[0].from.seen) == "504");
  const Sweep neither = swept(file.scenarios.front(), "proxy_connect_timeout", "1s..2m");
  CHECK(neither.thresholds.empty());
  CHECK(to_text(file.scenarios.front(), neither, false)
            .ends_with("All of these values come to the same.\n"));
}

TEST_CASE("a second change behind the first one is found, too, and where nginx refuses to start") {
  const File file(R"(title = "A long header"
[[upstream.app]]
fault = { garbage = "header-too-big", size = 5000 }
[[request]]
)");
  const Sweep sweep = swept(file.scenarios.front(), "proxy_buffer_size", "4k..64k");
  REQUIRE(sweep.thresholds.size() >= 2);
  CHECK(outcome_text(sweep.points.front().seen) == "502");
  CHECK(outcome_text(sweep.points.back().seen) == "does not start");
  CHECK(sweep.thresholds.back().from.value.amount == 14337);
  CHECK(to_text(file.scenarios.front(), sweep, false).find("does not start: \"proxy_busy") !=
        std::string::npos);
}

TEST_CASE("the picture says what the table says, and is XML whatever the names are") {
  const File file(kSlow);
  const Sweep sweep = swept(file.scenarios.front(), "proxy_read_timeout", "1s..2m");
  const std::string svg = to_svg(file.scenarios.front(), sweep);
  CHECK(svg.starts_with("<svg xmlns="));
  CHECK(svg.ends_with("</svg>\n"));
  CHECK(svg.find("It takes &lt;75 s&gt; &amp; more") != std::string::npos);
  CHECK(svg.find("prefers-color-scheme: dark") != std::string::npos);
  CHECK(svg.find("below 1m15.001s 504, from there on 200") != std::string::npos);
  CHECK(svg.find("the scenario: 60s") == std::string::npos);  // own_amount is the caller's to say
  const std::string json = to_json(file.scenarios.front(), sweep);
  CHECK(json.find("\"thresholds\"") != std::string::npos);
}
