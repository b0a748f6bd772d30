#include "net/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <vector>

namespace badgate::net {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t ms;
};

// In falling order, as nginx demands it. A month is 30 days, a year 365.
constexpr std::array<Unit, 8> kUnits{{{"y", 31'536'000'000},
                                      {"M", 2'592'000'000},
                                      {"w", 604'800'000},
                                      {"d", 86'400'000},
                                      {"h", 3'600'000},
                                      {"m", 60'000},
                                      {"s", 1'000},
                                      {"ms", 1}}};

// Takes the digits in front of `text`; false if there are none or the number is too large.
bool take_number(std::string_view& text, std::uint64_t& value) {
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

std::string_view take_letters(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && (text[n] < '0' || text[n] > '9') && text[n] != ' ')
    ++n;
  const auto letters = text.substr(0, n);
  text.remove_prefix(n);
  return letters;
}

tl::unexpected<Error> not_a(std::string_view what, std::string_view text) {
  return fail(fmt::format("\"{}\" is not {}", text, what));
}

// Edits between two words, a swap of neighbours being one (optimal string alignment).
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({change, above[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  constexpr auto what = "a time; write it as 60s, 500ms or 1m30s";
  constexpr std::uint64_t max_ms = std::numeric_limits<std::int64_t>::max() / 1'000'000;
  std::string_view rest = text;
  std::uint64_t total = 0;
  std::size_t next_unit = 0;
  if (rest.empty()) return not_a(what, text);
  while (!rest.empty()) {
    std::uint64_t value = 0;
    if (!take_number(rest, value)) return not_a(what, text);
    const auto letters = take_letters(rest);
    const std::string_view name = letters.empty() ? "s" : letters;
    while (next_unit < kUnits.size() && kUnits[next_unit].name != name)
      ++next_unit;
    if (next_unit == kUnits.size()) return not_a(what, text);
    const std::uint64_t ms = kUnits[next_unit++].ms;
    if (value > (max_ms - total) / ms) return fail(fmt::format("\"{}\" is too long a time", text));
    total += value * ms;
    if (letters.empty() && !rest.empty() && rest.front() != ' ') return not_a(what, text);
    while (rest.starts_with(' '))
      rest.remove_prefix(1);
  }
  return std::chrono::milliseconds(total);
}

Result<std::uint64_t> parse_size(std::string_view text) {
  constexpr auto what = "a size; write it as 100, 8k, 1m or 1g";
  std::string_view rest = text;
  std::uint64_t value = 0;
  if (!take_number(rest, value) || rest.size() > 1) return not_a(what, text);
  unsigned shift = 0;
  if (!rest.empty()) {
    switch (rest.front()) {
      case 'k':
      case 'K':
        shift = 10;
        break;
      case 'm':
      case 'M':
        shift = 20;
        break;
      case 'g':
      case 'G':
        shift = 30;
        break;
      default:
        return not_a(what, text);
    }
  }
  if (value > (std::uint64_t{std::numeric_limits<std::int64_t>::max()} >> shift)) {
    return fail(fmt::format("\"{}\" is too large a size", text));
  }
  return value << shift;
}

Result<std::uint64_t> parse_number(std::string_view text) {
  std::string_view rest = text;
  std::uint64_t value = 0;
  if (!take_number(rest, value) || !rest.empty()) return not_a("a whole number", text);
  return value;
}

Result<bool> parse_flag(std::string_view text) {
  if (text == "on") return true;
  if (text == "off") return false;
  return not_a("\"on\" or \"off\"", text);
}

Result<double> parse_ratio(std::string_view text) {
  double value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (ec != std::errc() || (!rest.empty() && rest != "%")) {
    return not_a("a ratio; write it as 0.05 or 5%", text);
  }
  if (rest == "%") value /= 100;
  if (!(value >= 0 && value <= 1)) return fail(fmt::format("\"{}\" is not between 0 and 1", text));
  return value;
}

std::string format_duration(Duration d) {
  using namespace std::chrono;
  if (d < Duration::zero()) return "-" + format_duration(-d);
  if (d < seconds(1)) {
    const double ms = static_cast<double>(d.count()) / 1e6;
    return fmt::format("{}ms", ms);
  }
  std::string out;
  const auto m = duration_cast<minutes>(d);
  if (m.count() > 0) out = fmt::format("{}m", m.count());
  const auto rest = d - m;
  if (rest.count() > 0 || out.empty()) {
    out += fmt::format("{}s", static_cast<double>(rest.count()) / 1e9);
  }
  return out;
}

std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates) {
  constexpr std::size_t longest = 100;  // what is longer was not meant as a name
  std::string_view best;
  if (name.size() > longest) return best;
  std::size_t fewest = std::max<std::size_t>(name.size() / 3, 1) + 1;
  for (const auto candidate : candidates) {
    const std::size_t count = edits(name, candidate);
    if (count >= fewest || count >= candidate.size()) continue;
    fewest = count;
    best = candidate;
  }
  return best;
}

std::string format_seconds(Duration d) {
  const auto ms =
      static_cast<std::uint64_t>(std::chrono::floor<std::chrono::milliseconds>(d).count());
  std::string out;
  append_number(out, ms / 1000);
  out += '.';
  append_number(out, ms % 1000, 3);
  return out;
}

void append_number(std::string& out, std::uint64_t value, std::size_t width) {
  std::array<char, 20> digits;  // of 2^64
  std::size_t first = digits.size();
  do {
    digits[--first] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  if (const auto size = digits.size() - first; size < width) out.append(width - size, '0');
  out.append(digits.data() + first, digits.size() - first);
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  std::string out;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) out += separator;
    out += part;
  }
  return out;
}

}  // namespace badgate::net
