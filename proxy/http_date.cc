#include "proxy/http_date.h"

#include <array>
#include <chrono>
#include <string_view>

#include "net/text.h"

namespace badgate::proxy {
namespace {

std::string compose(std::chrono::sys_seconds now) {
  static constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed",
                                                        "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> months{
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(now - day);
  const auto number = [](auto value) { return static_cast<std::uint64_t>(value); };
  std::string out;
  out.reserve(29);
  out += days.at(std::chrono::weekday(day).c_encoding());
  out += ", ";
  net::append_number(out, unsigned{date.day()}, 2);
  out += ' ';
  out += months.at(unsigned{date.month()} - 1);
  out += ' ';
  net::append_number(out, number(int{date.year()}), 4);
  out += ' ';
  net::append_number(out, number(time.hours().count()), 2);
  out += ':';
  net::append_number(out, number(time.minutes().count()), 2);
  out += ':';
  net::append_number(out, number(time.seconds().count()), 2);
  out += " GMT";
  return out;
}

}  // namespace

const std::string& HttpDate::at(net::WallTime now) {
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  if (text_.empty() || second != second_) {
    second_ = second;
    text_ = compose(second);
  }
  return text_;
}

}  // namespace badgate::proxy
