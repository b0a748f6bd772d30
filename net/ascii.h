// Letters and digits of ASCII, whatever the locale: what protocols and configurations are written
// in.
#pragma once

#include <string>
#include <string_view>

namespace badgate::net {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// -1: it is no hexadecimal digit.
constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    c = lower(c);
  return out;
}

}  // namespace badgate::net
