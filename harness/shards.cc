#include "harness/shards.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>
#include <utility>

#include "net/rng.h"

namespace badgate::harness {
namespace {

// How much more than its part a shard takes. More room keeps more scenarios where they were.
constexpr double kRoom = 1.05;

// The shards as this scenario prefers them.
std::vector<unsigned> preference(const std::string& name, unsigned of) {
  std::vector<std::pair<std::uint64_t, unsigned>> weights;
  for (unsigned shard = 0; shard < of; ++shard)
    weights.emplace_back(net::Rng(0).stream(fmt::format("{} in shard {}", name, shard)).next(),
                         shard);
  std::ranges::sort(weights, std::greater<>());
  std::vector<unsigned> shards;
  for (const auto& [weight, shard] : weights)
    shards.push_back(shard);
  return shards;
}

// Costly ones first, while there is room everywhere.
std::vector<std::size_t> order_of(std::span<const Costed> all) {
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    if (all[a].cost != all[b].cost) return all[a].cost > all[b].cost;
    return all[a].name < all[b].name;
  });
  return order;
}

}  // namespace

std::vector<unsigned> divide(std::span<const Costed> all, unsigned of) {
  double total = 0;
  for (const Costed& one : all)
    total += one.cost;
  const double most = total / of * kRoom;
  std::vector<double> loads(of);
  std::vector<unsigned> shard_of(all.size());
  for (const std::size_t i : order_of(all)) {
    const auto preferred = preference(all[i].name, of);
    const auto room = std::ranges::find_if(
        preferred, [&](unsigned shard) { return loads[shard] + all[i].cost <= most; });
    const auto shard = room != preferred.end()
                           ? *room
                           : static_cast<unsigned>(std::ranges::min_element(loads) - loads.begin());
    loads[shard] += all[i].cost;
    shard_of[i] = shard;
  }
  return shard_of;
}

}  // namespace badgate::harness
