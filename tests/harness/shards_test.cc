// The catalogue divided: nothing is lost, nobody has much more to do than the others, and a new
// scenario leaves nearly all others where they are.
#include "harness/shards.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "harness/cost.h"
#include "harness/load.h"

using namespace badgate::harness;

namespace {

double cost_in_seconds(const Scenario& scenario) {
  return std::chrono::duration<double>(expected_cost(scenario, false)).count();
}

std::vector<Costed> catalogue() {
  const auto loaded = load(std::vector<std::string>{BADGATE_SOURCE "/scenarios"});
  REQUIRE(loaded.ok());
  std::vector<Costed> all;
  for (const Scenario& scenario : loaded.scenarios)
    all.push_back({scenario.name, 0.001 + cost_in_seconds(scenario)});
  return all;
}

std::map<std::string, unsigned> by_name(const std::vector<Costed>& all, unsigned of) {
  const auto shards = divide(all, of);
  std::map<std::string, unsigned> named;
  for (std::size_t i = 0; i < all.size(); ++i)
    named[all[i].name] = shards[i];
  return named;
}

}  // namespace

TEST_CASE("shards are all of it together, and cost about the same") {
  const auto all = catalogue();
  double total = 0;
  double largest = 0;
  for (const Costed& one : all) {
    total += one.cost;
    largest = std::max(largest, one.cost);
  }
  for (const unsigned of : {1U, 2U, 3U, 4U, 7U, 16U}) {
    CAPTURE(of);
    const auto shards = divide(all, of);
    REQUIRE(shards.size() == all.size());
    std::vector<double> loads(of);
    for (std::size_t i = 0; i < all.size(); ++i) {
      REQUIRE(shards[i] < of);
      loads[shards[i]] += all[i].cost;
    }
    CHECK(*std::ranges::max_element(loads) <= std::max(total / of * 1.06, largest));
    CHECK(*std::ranges::min_element(loads) > 0);
  }
}

TEST_CASE("a scenario more moves few of the others, and their order none") {
  auto all = catalogue();
  const auto before = by_name(all, 4);
  std::ranges::reverse(all);
  CHECK(by_name(all, 4) == before);
  all.insert(all.begin(), {"aaa/new", 0.005});
  all.push_back({"zzz/new", 0.05});
  const auto after = by_name(all, 4);
  const auto moved = std::ranges::count_if(
      before, [&](const auto& entry) { return after.at(entry.first) != entry.second; });
  CHECK(moved < static_cast<std::ptrdiff_t>(before.size() / 20));
}

TEST_CASE("fewer scenarios than shards") {
  CHECK(divide({}, 3).empty());
  const std::vector<Costed> two{{"a", 1}, {"b", 1}};
  const auto shards = divide(two, 5);
  CHECK(shards.size() == 2);
  CHECK(std::ranges::all_of(shards, [](unsigned shard) { return shard < 5; }));
}
