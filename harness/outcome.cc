#include "harness/outcome.h"

#include <fmt/core.h>

#include <array>

#include "net/http1_message.h"

namespace badgate::harness {

std::string_view to_string(Completeness completeness) {
  constexpr std::array<std::string_view, 4> words{"whole", "cut", "empty", "raw"};
  return words.at(static_cast<std::size_t>(completeness));
}

std::string timeline_hash(const Outcome& outcome) {
  net::http1::Fnv1a hash;
  for (const Fact& fact : outcome.timeline) {
    hash.add(fmt::format("{} {} {}\n", fact.at.time_since_epoch().count(), fact.who, fact.what));
  }
  return fmt::format("{:016x}", hash.value());
}

}  // namespace badgate::harness
