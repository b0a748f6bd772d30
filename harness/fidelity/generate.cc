#include "harness/fidelity/generate.h"

#include <fmt/core.h>

#include <numeric>
#include <vector>

namespace badgate::harness::fidelity {

std::span<const Group> groups() {
  static const std::vector<Group> all = [] {
    std::vector<Group> groups;
    for (const auto part : {response_groups(), pool_groups(), request_groups(), fastcgi_groups(),
                            fastcgi_pool_groups()})
      groups.insert(groups.end(), part.begin(), part.end());
    return groups;
  }();
  return all;
}

static const Group& draw_group(Dice dice) {
  const auto all = groups();
  const auto total = std::accumulate(all.begin(), all.end(), std::uint64_t{0},
                                     [](auto sum, const Group& g) { return sum + g.weight; });
  auto at = dice.below(total);
  for (const Group& group : all) {
    if (at < group.weight) return group;
    at -= group.weight;
  }
  return all.back();
}

Behaviour generate(std::uint64_t seed, std::uint64_t number) {
  const auto rng = net::Rng(seed).stream(fmt::format("behaviour {}", number));
  const Group& group = draw_group(Dice(rng.stream("group")));
  Dice dice(rng);
  return {fmt::format("generated/{}/{}", group.name, number), std::string(group.name),
          group.make(dice)};
}

}  // namespace badgate::harness::fidelity
