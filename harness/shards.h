// Shards: many scenarios divided among several machines, without any of them knowing what the
// others do.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace badgate::harness {

struct Costed {
  std::string name;
  double cost = 1;  // of any unit; 0 or more
};

inline constexpr unsigned kMostShards = 1000;

// For each one its shard, from 0 to `of` - 1. The same for the same list, whatever its order. A
// scenario more or less moves few of the others: each has an order of preference of its own among
// the shards (rendezvous hashing), and goes to the first that has room (consistent hashing with
// bounded loads, Mirrokni and others 2018).
std::vector<unsigned> divide(std::span<const Costed> all, unsigned of);

}  // namespace badgate::harness
