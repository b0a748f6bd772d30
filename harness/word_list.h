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
  constexpr std::string_view view() const { return {text, N - 1}; }
  char text[N]{};
};

// word_list<"acl backlog balance">: an array of three.
template <Literal names>
inline constexpr auto word_list = [] {
  constexpr auto next = [](std::string_view& rest) {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    const auto word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(word.size());
    return word;
  };
  constexpr std::size_t count = [next] {
    std::size_t words = 0;
    for (auto rest = names.view(); !next(rest).empty();)
      ++words;
    return words;
  }();
  std::array<std::string_view, count> out;
  auto rest = names.view();
  for (auto& word : out)
    word = next(rest);
  return out;
}();

template <std::size_t N>
constexpr bool has(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace badgate::harness
