// Quantity: what a sweep goes through: times, sizes, numbers, or words; and the values between two
// of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/result.h"

namespace badgate::harness::change {

enum class Unit { time, size, number, word };

// One value: milliseconds, bytes, or a number; or a word as it is written.
struct Value {
  std::int64_t amount = 0;
  std::string word{};

  bool operator==(const Value&) const = default;
};

// As a file would have it: "30001ms", "65536", "error timeout".
std::string written(const Value& value, Unit unit);
// For people: "30.001s", "64k".
std::string shown(const Value& value, Unit unit);

struct Span {
  Unit unit = Unit::number;
  std::int64_t from = 0;
  std::int64_t to = 0;
};

// "1s..60s", "1k..64k", "1..20". A bare number, and an "m", count as `hint` says; hint word: as the
// other end says, else a number.
net::Result<Span> parse_span(std::string_view text, Unit hint);
// "1s,5s,1m": in rising order, if they are times, sizes or numbers, each once.
struct Listed {
  Unit unit = Unit::word;
  std::vector<Value> values;
};
net::Result<Listed> parse_list(std::string_view text, Unit hint);

enum class Scale { automatic, linear, logarithmic };

// Both ends and what lies between, `steps` of them at most, in round numbers that are multiples of
// `finest`, as the ends are.
std::vector<Value> values_of(const Span& span, Scale scale, std::size_t steps, std::int64_t finest);
// Which scale that is for a span; `automatic` is logarithmic from a factor of 20 on.
bool is_logarithmic(Scale scale, std::int64_t from, std::int64_t to);

}  // namespace badgate::harness::change
