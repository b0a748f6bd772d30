// Words: one line of a HAProxy configuration, taken apart as HAProxy does it (section 2.2 of its
// manual, parse_line in tools.c).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace badgate::harness::haproxy_cfg {

// `text` is without quotes and with its escapes replaced; environment variables are as they are
// written, since only the machine of the file knows them.
struct Word {
  std::string text;
  std::uint32_t column = 1;  // in characters, from 1
  std::uint32_t length = 1;  // as it is written
  std::size_t begin = 0;     // in bytes of the line
  std::size_t bytes = 0;     // as it is written
};

struct Words {
  std::vector<Word> words;
  // What HAProxy refuses, in its words; empty: nothing.
  std::string mistake;
  std::uint32_t column = 1;  // of the mistake
};

// HAProxy's MAX_LINE_ARGS.
inline constexpr std::size_t max_words = 64;

// `line` is without its end. Words up to the mistake are kept.
Words split(std::string_view line);

// As it is written in a configuration: quoted where it must be.
std::string quoted(std::string_view text);

}  // namespace badgate::harness::haproxy_cfg
