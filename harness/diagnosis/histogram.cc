#include "harness/diagnosis/histogram.h"

#include <algorithm>

namespace badgate::harness::diagnosis {
namespace {

// Down to a multiple, also of negative numbers.
std::int64_t floored(std::int64_t value, std::int64_t step) {
  const auto rest = value % step;
  return value - (rest < 0 ? rest + step : rest);
}

}  // namespace

void Histogram::add(std::int64_t second) {
  constexpr auto kSize = static_cast<std::int64_t>(kIntervals);
  if (empty_) {
    begin_ = second;
    empty_ = false;
  }
  // Twice as wide, until it fits.
  while (second < begin_ || second >= begin_ + width_ * kSize) {
    const auto begin = floored(std::min(begin_, second), width_ * 2);
    std::array<std::uint32_t, kIntervals> wider{};
    for (std::size_t i = 0; i < kIntervals; ++i) {
      if (counts_[i] == 0) continue;
      const auto at = (begin_ + static_cast<std::int64_t>(i) * width_ - begin) / (width_ * 2);
      wider[static_cast<std::size_t>(std::min(at, kSize - 1))] += counts_[i];
    }
    counts_ = wider;
    begin_ = begin;
    width_ *= 2;
  }
  ++counts_[static_cast<std::size_t>((second - begin_) / width_)];
}

std::optional<Histogram::Spike> Histogram::spike() const {
  constexpr double kFarMore = 5;
  constexpr std::uint32_t kWorthSaying = 20;
  const auto highest = std::ranges::max_element(counts_);
  std::size_t used = kIntervals;
  while (used > 0 && counts_[used - 1] == 0)
    --used;
  if (*highest < kWorthSaying || used < 4) return std::nullopt;
  double others = 0;
  for (const auto count : counts_)
    others += count;
  others = (others - *highest) / static_cast<double>(used - 1);
  if (*highest < kFarMore * others) return std::nullopt;
  const auto begin = begin_ + (highest - counts_.begin()) * width_;
  return Spike{begin, begin + width_, *highest, others};
}

}  // namespace badgate::harness::diagnosis
