// Generate: behaviours of upstream servers and clients by the hundred, group by group, from a seed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "harness/fidelity/behaviour.h"

namespace badgate::harness::fidelity {

// A kind of behaviour, and what makes one.
struct Group {
  std::string_view name;
  unsigned weight;  // its share of all behaviours
  std::string (*make)(Dice& dice);
};

std::span<const Group> groups();
std::span<const Group> response_groups();      // responses.cc: heads, framing, chunks, ends
std::span<const Group> pool_groups();          // pools.cc: several servers, kept connections
std::span<const Group> request_groups();       // requests.cc: what the client does
std::span<const Group> fastcgi_groups();       // fastcgi.cc: one FastCGI server's records
std::span<const Group> fastcgi_pool_groups();  // fastcgi_pools.cc: several, kept, uploads

// The behaviour of this number: its group, and the text of its scenario file. The same seed and
// number give the same text.
struct Behaviour {
  std::string name;  // "generated/GROUP/NUMBER"
  std::string group;
  std::string text;
};
Behaviour generate(std::uint64_t seed, std::uint64_t number);

}  // namespace badgate::harness::fidelity
