// Fields of a line of a log that are separated by single spaces, and numbers in them.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <string_view>

#include "net/time.h"

namespace badgate::harness {

// Takes the text before the next space, and that space, from the front.
std::string_view next_field(std::string_view& text);

// The field of that number, from 0; empty: there are fewer.
std::string_view field(std::string_view text, std::size_t number);

// The first fields; those that are not there are empty.
template <std::size_t N>
std::array<std::string_view, N> first_fields(std::string_view text) {
  std::array<std::string_view, N> fields;
  for (auto& one : fields)
    one = next_field(text);
  return fields;
}

// The number that the text begins with; 0: it does not.
template <typename T>
T number_in(std::string_view text) {
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// "0.001377" in seconds.
net::Duration seconds_in(std::string_view text);

}  // namespace badgate::harness
