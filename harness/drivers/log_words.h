// Words and numbers of the lines that proxies log for the machine.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <string_view>

namespace badgate::harness::drivers {

// The number at the front of `text`; 0: there is none.
template <typename T>
T number_in(std::string_view text) {
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// The first words of `text`, which spaces separate; those that are not there are empty.
template <std::size_t N>
std::array<std::string_view, N> first_words(std::string_view text) {
  std::array<std::string_view, N> words;
  for (auto& word : words) {
    word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  return words;
}

}  // namespace badgate::harness::drivers
