// How expected values are compared and shown.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario.h"
#include "net/text.h"

namespace badgate::harness {

template <typename T>
bool within(const Range<T>& range, T actual) {
  return (!range.low || actual >= *range.low) && (!range.high || actual <= *range.high);
}

std::string to_text(const Range<std::uint64_t>& range);
std::string to_text(const Range<net::Duration>& range);
std::string percent_text(const Range<double>& range);

// The nearest-rank percentile "p99" of sorted times; zero if there are none.
net::Duration percentile(const std::vector<net::Duration>& sorted, std::string_view key);

}  // namespace badgate::harness
