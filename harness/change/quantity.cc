#include "harness/change/quantity.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

#include "harness/diagnostics.h"
#include "net/text.h"

namespace badgate::harness::change {
namespace {

constexpr std::int64_t kLogarithmicFrom = 20;
constexpr std::int64_t kLargest = std::int64_t{1} << 50;

bool is_bare(std::string_view text) {
  return text.find_first_not_of("0123456789") == text.npos;
}

// What the letters behind a number say; word: nothing for certain.
Unit unit_of(std::string_view text) {
  if (text.empty() || is_bare(text)) return Unit::word;
  const char last = text.back();
  if (last == 'k' || last == 'K' || last == 'g' || last == 'G') return Unit::size;
  return last == 's' || last == 'h' || last == 'd' ? Unit::time : Unit::word;
}

net::Result<std::int64_t> parse_amount(std::string_view text, Unit unit) {
  net::Result<std::uint64_t> number = net::fail("");
  if (unit == Unit::time) {
    const auto time = net::parse_duration(text);
    if (!time) return tl::unexpected(time.error());
    return std::chrono::duration_cast<std::chrono::milliseconds>(*time).count();
  }
  number = unit == Unit::size ? net::parse_size(text) : net::parse_number(text);
  if (!number) return tl::unexpected(number.error());
  if (*number > static_cast<std::uint64_t>(kLargest))
    return net::fail(fmt::format("{} is too large", in_quotes(text)));
  return static_cast<std::int64_t>(*number);
}

// To two digits: 14 and not 14.142.
std::int64_t rounded(double value) {
  if (value < 100) return std::llround(value);
  const double unit = std::pow(10.0, std::floor(std::log10(value)) - 1);
  return std::llround(std::round(value / unit) * unit);
}

// Sizes are round in powers of two.
std::int64_t rounded(double value, Unit unit) {
  if (unit != Unit::size || value < 1024) return rounded(value);
  const double step = std::pow(2.0, std::floor(std::log2(value)) - 2);
  return std::llround(std::round(value / step) * step);
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    auto word = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    while (word.starts_with(' '))
      word.remove_prefix(1);
    while (word.ends_with(' '))
      word.remove_suffix(1);
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

}  // namespace

std::string written(const Value& value, Unit unit) {
  if (unit == Unit::word) return value.word;
  return fmt::format("{}{}", value.amount, unit == Unit::time ? "ms" : "");
}

std::string shown(const Value& value, Unit unit) {
  if (unit == Unit::word) return value.word;
  if (unit == Unit::time) return net::format_duration(std::chrono::milliseconds(value.amount));
  constexpr std::int64_t k = 1024;
  if (unit == Unit::size && value.amount > 0 && value.amount % k == 0) {
    const auto amount = value.amount / k;
    return amount % k == 0 ? fmt::format("{}m", amount / k) : fmt::format("{}k", amount);
  }
  return std::to_string(value.amount);
}

net::Result<Span> parse_span(std::string_view text, Unit hint) {
  const auto dots = text.find("..");
  if (dots == text.npos || dots == 0 || dots + 2 == text.size())
    return net::fail(fmt::format("{} is no range; write it as 1s..60s", in_quotes(text)));
  const std::array ends{text.substr(0, dots), text.substr(dots + 2)};
  Span span{.unit = hint};
  for (const auto end : ends) {
    if (span.unit == Unit::word) span.unit = unit_of(end);
  }
  if (span.unit == Unit::word) span.unit = Unit::number;
  std::array<std::int64_t*, 2> into{&span.from, &span.to};
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const auto amount = parse_amount(ends.at(i), span.unit);
    if (!amount) return tl::unexpected(amount.error());
    *into.at(i) = *amount;
  }
  if (span.from >= span.to)
    return net::fail(fmt::format("{} is no range: it must rise", in_quotes(text)));
  return span;
}

net::Result<Listed> parse_list(std::string_view text, Unit hint) {
  Listed list{.unit = hint};
  const auto words = words_of(text);
  if (words.empty()) return net::fail("there are no values; write them as 1s,5s,1m");
  for (const auto word : words) {
    if (list.unit == Unit::word) list.unit = unit_of(word);
  }
  if (list.unit == Unit::word && std::ranges::all_of(words, is_bare)) list.unit = Unit::number;
  for (const auto word : words) {
    if (list.unit == Unit::word) {
      list.values.push_back({.word = std::string(word)});
      continue;
    }
    const auto amount = parse_amount(word, list.unit);
    if (!amount) return tl::unexpected(amount.error());
    list.values.push_back({.amount = *amount});
  }
  if (list.unit != Unit::word) {
    std::ranges::sort(list.values, {}, &Value::amount);
    // clang 14 does not understand this library's std::ranges::unique.
    list.values.erase(std::unique(list.values.begin(), list.values.end()), list.values.end());
  }
  return list;
}

bool is_logarithmic(Scale scale, std::int64_t from, std::int64_t to) {
  if (from <= 0 || scale == Scale::linear) return false;
  return scale == Scale::logarithmic || to / from >= kLogarithmicFrom;
}

std::vector<Value> values_of(const Span& span, Scale scale, std::size_t steps,
                             std::int64_t finest) {
  const bool logarithmic = is_logarithmic(scale, span.from, span.to);
  const auto from = static_cast<double>(span.from);
  const auto to = static_cast<double>(span.to);
  std::vector<Value> values{{.amount = span.from}};
  for (std::size_t i = 1; i + 1 < steps; ++i) {
    const double part = static_cast<double>(i) / static_cast<double>(steps - 1);
    const double between =
        logarithmic ? from * std::pow(to / from, part) : from + (to - from) * part;
    const auto amount = rounded(between, span.unit) / finest * finest;
    if (amount > values.back().amount && amount < span.to) values.push_back({.amount = amount});
  }
  values.push_back({.amount = span.to});
  return values;
}

}  // namespace badgate::harness::change
