#include "fault_backends/presets.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "fault_backends/backend.h"

using namespace badgate;
using namespace badgate::fault_backends;
using namespace std::chrono_literals;

TEST_CASE("every preset has a name of its own, a sentence and faults") {
  std::set<std::string> names;
  CHECK_FALSE(presets().empty());
  for (const auto& preset : presets()) {
    const auto name = std::string(preset.family) + " = " + std::string(preset.kind);
    CAPTURE(name);
    CHECK(names.insert(name).second);
    CHECK_FALSE(preset.doc.empty());
    CHECK(find_preset(preset.family, preset.kind) == &preset);
    const auto faults = build_faults(preset, {});
    REQUIRE(faults.has_value());
    REQUIRE_FALSE(faults->empty());
    CHECK(faults->front().name == std::string(preset.family) + ": " + std::string(preset.kind));
  }
  CHECK(find_preset("slow", "no-such-thing") == nullptr);
}

TEST_CASE("the parameters accept what they say they are without them") {
  for (const auto& preset : presets()) {
    std::set<std::string_view> names;
    for (const auto& field : preset.parameters) {
      CAPTURE(preset.kind);
      CAPTURE(field.name);
      CHECK(names.insert(field.name).second);
      CHECK(net::find_field(common_parameters(), field.name) == nullptr);
      FaultValues values;
      if (!field.fallback.empty()) CHECK(field.apply(values, field.fallback).has_value());
      // Not even as bytes: the escape has no digits.
      CHECK_FALSE(field.apply(values, "nonsense!\\x").has_value());
    }
  }
}

TEST_CASE("the settings accept what they say they are without them") {
  std::set<std::string_view> names;
  for (const auto& field : fields()) {
    CAPTURE(field.name);
    CHECK(names.insert(field.name).second);
    Settings settings;
    if (!field.fallback.empty()) CHECK(field.apply(settings, field.fallback).has_value());
    if (field.syntax != "text") CHECK_FALSE(field.apply(settings, "nonsense!").has_value());
  }
  Settings settings;
  REQUIRE(net::find_field(fields(), "service_time")->apply(settings, "20ms").has_value());
  REQUIRE(net::find_field(fields(), "queue")->apply(settings, "10").has_value());
  CHECK(settings.answer.service_time == 20ms);
  CHECK(settings.workers.queue == 10U);
}

TEST_CASE("the user's schedule narrows a preset's faults") {
  FaultValues values;
  const auto give = [&](std::string_view name, std::string_view text) {
    return net::find_field(common_parameters(), name)->apply(values, text);
  };
  CHECK(give("times", "2"));
  CHECK(give("after", "3"));
  CHECK(give("between", "10s 40s"));
  CHECK(give("probability", "50%"));
  const auto faults = build_faults(*find_preset("slow", "header"), values);
  REQUIRE(faults.has_value());
  const Schedule& schedule = faults->front().schedule;
  CHECK(schedule.times == 2U);
  CHECK(schedule.after == 3);
  CHECK(schedule.from == net::TimePoint(10s));
  CHECK(schedule.until == net::TimePoint(40s));
  CHECK(schedule.probability == 0.5);
}

TEST_CASE("an impossible schedule is refused with its reason") {
  struct {
    std::string_view field, text, message;
  } const cases[] = {
      {"times", "0", "\"0\" is not more than 0"},
      {"between", "10s", "\"10s\" is not two times; write [\"10s\", \"40s\"]"},
      {"between", "40s 10s", "the second time is not later than the first"},
  };
  for (const auto& c : cases) {
    FaultValues values;
    const auto applied = net::find_field(common_parameters(), c.field)->apply(values, c.text);
    REQUIRE_FALSE(applied.has_value());
    CHECK(applied.error().message == c.message);
  }
}
