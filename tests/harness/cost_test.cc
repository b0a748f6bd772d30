// The order in which scenarios are handed out to workers.
#include "harness/cost.h"

#include <doctest/doctest.h>

#include <chrono>

#include "harness/load.h"

namespace badgate::harness {
namespace {

using namespace std::chrono_literals;

Scenario scenario(const std::string& rest) {
  const Loaded loaded = load_text("title = \"t\"\n[[upstream.app]]\n" + rest, "t.toml", "t");
  REQUIRE_MESSAGE(loaded.ok(), to_text(loaded.diagnostics));
  return loaded.scenarios.front();
}

TEST_CASE("on a virtual clock work costs, in real time the time, too") {
  const auto slow = scenario("[[request]]\n[expect]\nstatus = 200\nelapsed = \"60s\"\n");
  const auto busy = scenario("[load]\nrate = 1000\nduration = \"10s\"\n");
  CHECK(expected_length(slow) == 60s);
  CHECK(expected_length(busy) == 10s);
  CHECK(expected_cost(slow, false) < expected_cost(busy, false));
  CHECK(expected_cost(slow, true) > expected_cost(busy, true));
  CHECK(expected_cost(busy, true) == 10s);
}

TEST_CASE("the dearest come first, equal ones as they were") {
  CHECK(dearest_first({1s, 3s, 1s, 2s, 3s}) == std::vector<std::size_t>{1, 4, 3, 0, 2});
  CHECK(dearest_first({}).empty());
}

}  // namespace
}  // namespace badgate::harness
