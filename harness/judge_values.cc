#include "harness/judge_values.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace badgate::harness {
namespace {

template <typename T, typename Show>
std::string range_text(const Range<T>& range, Show show) {
  if (range.exact) return show(*range.low);
  return fmt::format("{}..{}", range.low ? show(*range.low) : "",
                     range.high ? show(*range.high) : "");
}

}  // namespace

std::string to_text(const Range<std::uint64_t>& range) {
  return range_text(range, [](std::uint64_t v) { return std::to_string(v); });
}

std::string to_text(const Range<net::Duration>& range) {
  return range_text(range, [](net::Duration v) { return net::format_duration(v); });
}

std::string percent_text(const Range<double>& range) {
  return range_text(range, [](double v) { return fmt::format("{:.2f}%", v * 100); });
}

net::Duration percentile(const std::vector<net::Duration>& sorted, std::string_view key) {
  if (sorted.empty() || key.empty()) return {};
  double percent = 0;
  std::from_chars(key.data() + 1, key.data() + key.size(), percent);
  const auto count = static_cast<double>(sorted.size());
  const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(percent / 100 * count)));
  return sorted[std::min(rank, sorted.size()) - 1];
}

}  // namespace badgate::harness
