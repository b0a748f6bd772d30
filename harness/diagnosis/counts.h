// Counts: how often each of many texts came up, in bounded memory. When there are too many, the
// rarest are let go, and counted together.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace badgate::harness::diagnosis {

class Counts {
 public:
  explicit Counts(std::size_t most = 512) : most_(most) {}

  void add(std::string_view text, std::uint64_t hash);

  struct Top {
    std::vector<std::pair<std::string, std::uint64_t>> first;  // the most frequent first
    std::size_t more = 0;  // how many other texts there were, at least
  };
  Top top(std::size_t number) const;

 private:
  struct Entry {
    std::string text;
    std::uint64_t count = 0;
  };
  void prune();

  std::size_t most_;
  std::unordered_map<std::uint64_t, Entry> entries_;  // by hash
  std::size_t let_go_ = 0;
};

}  // namespace badgate::harness::diagnosis
