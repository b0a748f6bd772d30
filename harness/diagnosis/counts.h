// Counts: how often each of many texts came up, in bounded memory. Where there are too many, rare
// ones give way to others and are counted together; the counts of frequent ones stay nearly exact.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace badgate::harness::diagnosis {

class Counts {
 public:
  void add(std::string_view text, std::uint64_t hash);

  struct Top {
    std::vector<std::pair<std::string, std::uint64_t>> first;  // the most frequent first
    std::size_t more = 0;  // how many other texts there were, at least
  };
  Top top(std::size_t number) const;

 private:
  struct Entry {
    std::uint32_t tag = 0;  // of the hash
    std::uint32_t count = 0;
  };
  // kMost of both, once there is one. Apart, so that those of one hash share a cache line.
  std::vector<Entry> entries_;
  std::vector<std::string> texts_;
  std::size_t let_go_ = 0;
};

}  // namespace badgate::harness::diagnosis
