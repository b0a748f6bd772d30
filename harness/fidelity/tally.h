// Tally: agreement by group of scenarios and by aspect, as a table and against what is required.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "harness/fidelity/compare.h"

namespace badgate::harness::fidelity {

class Tally {
 public:
  void add(const std::string& group, const Comparison& comparison);
  void add_skipped(const std::string& group);

  // A line for each group, one for all of them, and one for those of FastCGI.
  std::string table() const;
  // Whether all groups together agree as often as docs/fidelity.md promises, and those of FastCGI,
  // and none of them agrees too seldom.
  bool sufficient() const;

 private:
  struct Count {
    std::size_t scenarios = 0;
    std::size_t skipped = 0;
    std::array<std::size_t, kAspects.size()> compared{};
    std::array<std::size_t, kAspects.size()> different{};
  };
  static double share(const Count& count, std::size_t aspect);
  // Of the groups whose names begin so.
  Count total(std::string_view prefix) const;

  std::map<std::string, Count> groups_;
};

}  // namespace badgate::harness::fidelity
