#include "net/http1_message.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "net/ascii.h"

namespace badgate::net::http1 {

namespace {

bool same_letter(char a, char b) {
  return lower(a) == lower(b);
}

}  // namespace

bool equal_letters(const char* a, const char* b, std::size_t size) {
  return std::memcmp(a, b, size) == 0 || std::equal(a, a + size, b, same_letter);
}

bool icontains(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same_letter) !=
             text.end() ||
         part.empty();
}

const Header* find_header(const HeaderList& headers, std::string_view name) {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const Header& h) { return iequals(h.name, name); });
  return found == headers.end() ? nullptr : &*found;
}

std::optional<std::int64_t> parse_length(std::string_view digits) {
  constexpr auto max = std::numeric_limits<std::int64_t>::max();
  if (digits.empty()) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    const std::int64_t digit = c - '0';
    if (value > (max - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      break;
  }
  return "error";
}

}  // namespace badgate::net::http1
