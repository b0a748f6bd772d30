// Shards: many scenarios divided among several machines, without any of them knowing what the
// others do.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "harness/scenario.h"

namespace badgate::harness {

struct Costed {
  std::string name;
  double cost = 1;
};

inline constexpr unsigned kMostShards = 1000;

// For each one its shard, from 0 to `of` - 1. The same for the same list, whatever its order. A
// scenario more or less moves few of the others: each has an order of preference of its own among
// the shards (rendezvous hashing), and goes to the first that has room (consistent hashing with
// bounded loads, Mirrokni and others 2018).
std::vector<unsigned> divide(std::span<const Costed> all, unsigned of);

// About how much work it is, in what a scenario of one request takes; in real time, how long.
double cost_of(const Scenario& scenario, bool real_time);

}  // namespace badgate::harness
