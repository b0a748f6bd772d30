// A fast hash of texts, for tables that are as large as their log is long. Not for anything that
// has to stand against an enemy: a collision mixes up two lines of a report.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace badgate::harness::diagnosis {

// GCC and clang have it; ISO C++ does not.
__extension__ using Wide = unsigned __int128;

inline std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  // Multiplication to 128 bits spreads every bit of both (as wyhash does).
  const auto product = static_cast<Wide>(a ^ 0x9e3779b97f4a7c15U) * (b ^ 0xe7037ed1a0b428dbU);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = text.size();
  while (text.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), 8);
    hash = mixed(hash, word);
    text.remove_prefix(8);
  }
  std::uint64_t word = 0;
  if (!text.empty()) std::memcpy(&word, text.data(), text.size());
  return mixed(hash, word);
}

}  // namespace badgate::harness::diagnosis
