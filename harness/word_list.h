// WordList: names in one string, taken apart at its blanks when it is compiled.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace badgate::harness {

template <std::size_t N>
struct Literal {
  consteval Literal(const char (&literal)[N]) {  // NOLINT: it is meant to be written as one
    std::copy_n(literal, N, text);
  }
  char text[N]{};
};

// word_list<"acl backlog balance">: an array of three.
template <Literal names>
inline constexpr auto word_list = [] {
  // By hand: under UBSan, g++ 12 takes std::string_view's search for no constant expression.
  constexpr auto begins = [](std::size_t i) {
    return names.text[i] != ' ' && (i == 0 || names.text[i - 1] == ' ');
  };
  constexpr std::size_t length = sizeof names.text - 1;
  constexpr std::size_t count = [begins] {
    std::size_t words = 0;
    for (std::size_t i = 0; i < length; ++i)
      words += begins(i) ? 1 : 0;
    return words;
  }();
  std::array<std::string_view, count> out;
  std::size_t word = 0;
  for (std::size_t i = 0; i < length; ++i) {
    if (!begins(i)) continue;
    std::size_t end = i;
    while (end < length && names.text[end] != ' ')
      ++end;
    out[word++] = std::string_view(names.text + i, end - i);
    i = end;
  }
  return out;
}();

template <std::size_t N>
constexpr bool has(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace badgate::harness
