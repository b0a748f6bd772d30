#include <algorithm>
#include <array>

#include "harness/evidence/fields.h"
#include "harness/text_fields.h"

namespace badgate::harness::evidence {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Whether the text has the picture's form: '0' is a digit, 'a' a letter, others are themselves.
bool looks_like(std::string_view text, std::string_view picture) {
  if (text.size() < picture.size()) return false;
  for (std::size_t i = 0; i < picture.size(); ++i) {
    const char c = text[i];
    const bool digit = c >= '0' && c <= '9';
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (picture[i] == '0' ? !digit : picture[i] == 'a' ? !letter : c != picture[i]) return false;
  }
  return true;
}

unsigned number_at(std::string_view text, std::size_t at, std::size_t size) {
  return number_in<unsigned>(text.substr(at, size));
}

// ".123456" in milliseconds; 0: there is no fraction.
milliseconds fraction(std::string_view text) {
  if (text.empty() || (text.front() != '.' && text.front() != ',')) return milliseconds(0);
  int value = 0;
  for (std::size_t i = 1; i <= 3; ++i) {
    const bool digit = i < text.size() && text[i] >= '0' && text[i] <= '9';
    value = value * 10 + (digit ? text[i] - '0' : 0);
  }
  return milliseconds(value);
}

std::optional<LogTime> time_of(unsigned year_number, unsigned month_number, unsigned day_number,
                               std::string_view clock) {
  const year_month_day date{year(static_cast<int>(year_number)), month(month_number),
                            day(day_number)};
  if (!date.ok()) return std::nullopt;
  return LogTime(sys_days(date)) + hours(number_at(clock, 0, 2)) + minutes(number_at(clock, 3, 2)) +
         seconds(number_at(clock, 6, 2)) + fraction(clock.substr(8));
}

unsigned month_of(std::string_view name) {
  const auto at = std::ranges::find(kMonths, name);
  return at == kMonths.end() ? 0 : static_cast<unsigned>(at - kMonths.begin()) + 1;
}

}  // namespace

std::optional<LogTime> parse_log_time(std::string_view t) {
  // The zone is that of the machine, in all of its logs: it is left aside.
  if (looks_like(t, "00/aaa/0000:00:00:00")) {
    return time_of(number_at(t, 7, 4), month_of(t.substr(3, 3)), number_at(t, 0, 2), t.substr(12));
  }
  if (looks_like(t, "0000-00-00T00:00:00") || looks_like(t, "0000-00-00 00:00:00")) {
    return time_of(number_at(t, 0, 4), number_at(t, 5, 2), number_at(t, 8, 2), t.substr(11));
  }
  // PHP-FPM's, and Apache's without the day of the week.
  if (looks_like(t, "00-aaa-0000 00:00:00")) {
    return time_of(number_at(t, 7, 4), month_of(t.substr(3, 3)), number_at(t, 0, 2), t.substr(12));
  }
  if (looks_like(t, "aaa 00 00:00:00")) {
    const auto year_at = t.rfind(' ');
    return time_of(number_in<unsigned>(t.substr(year_at + 1)), month_of(t.substr(0, 3)),
                   number_at(t, 4, 2), t.substr(7));
  }
  if (looks_like(t, "0000000000")) {
    return LogTime(seconds(number_in<std::int64_t>(t.substr(0, 10)))) + fraction(t.substr(10));
  }
  return std::nullopt;
}

}  // namespace badgate::harness::evidence
