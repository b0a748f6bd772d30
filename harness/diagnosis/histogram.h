// Histogram: how many lines came when, in a fixed number of intervals that grow with the log.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace badgate::harness::diagnosis {

class Histogram {
 public:
  // Seconds since 1970; they may come in any order.
  void add(std::int64_t second);

  // The interval that has far more than the others; nullopt: none has.
  struct Spike {
    std::int64_t begin = 0;
    std::int64_t end = 0;  // exclusive
    std::uint64_t count = 0;
    double usual = 0;  // in another interval of the same length
  };
  std::optional<Spike> spike() const;

 private:
  static constexpr std::size_t kIntervals = 240;

  std::array<std::uint32_t, kIntervals> counts_{};
  std::int64_t width_ = 1;  // seconds
  std::int64_t begin_ = 0;  // of the first interval, a multiple of the width
  bool empty_ = true;
};

}  // namespace badgate::harness::diagnosis
