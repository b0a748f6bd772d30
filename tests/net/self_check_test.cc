#include "net/self_check.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

using namespace badgate::net;

namespace {

// BADGATE_SELF_CHECK_TRIALS: for long measurements, also under load.
unsigned trials() {
  const char* text = std::getenv("BADGATE_SELF_CHECK_TRIALS");
  return text == nullptr ? 1000 : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

}  // namespace

TEST_CASE("every step is tried and this machine's loopback settles at once") {
  const auto check = check_loopback(trials());
  REQUIRE_MESSAGE(check.has_value(), check.error().message);
  for (const auto& step : check->steps) {
    CAPTURE(step.name);
    CHECK(step.tried >= trials());
    CHECK(step.late == 0);
  }
  CHECK_MESSAGE(check->settles_at_once(), check->to_string());
}

TEST_CASE("the sentence says what was late and how often, and what to do about it") {
  LoopbackCheck check;
  for (auto& step : check.steps)
    step.tried = 50;
  CHECK(check.settles_at_once());
  CHECK(check.to_string() == "loopback delivers at once (50 trials)");
  check.steps[LoopbackCheck::connect].late = 3;
  check.steps[LoopbackCheck::reset].late = 50;
  CHECK_FALSE(check.settles_at_once());
  CHECK(check.to_string().starts_with(
      "this machine's loopback does not deliver at once: late were connect (3 of 50), "
      "RST (50 of 50); virtual-clock results cannot be trusted; use --clock real"));
}
