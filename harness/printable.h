// Text of unknown origin made fit for a terminal: one line, no control bytes, known width.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace badgate::harness {

// The first character of a text in UTF-8 (RFC 3629).
struct Character {
  std::uint32_t code = 0;
  std::size_t length = 0;  // in bytes; 0: that is not UTF-8, or nothing is left
};
Character first_character(std::string_view text);

// C0 and C1 controls, line separators, and what reorders text or hides in it.
bool is_unprintable(std::uint32_t code);

// One character of a text as it is shown.
struct Glyph {
  std::string shown;  // "a", "é", "    " for a tab, "<1B>" for a control byte, "<FF>" for bad UTF-8
  std::size_t width = 1;  // in columns of a terminal
};

// In order; invalid UTF-8 counts one character a byte.
std::vector<Glyph> glyphs(std::string_view text);

// All of it on one line; longer texts are cut after `max_width` columns and end in "…".
std::string printable(std::string_view text, std::size_t max_width = 400);

// The offset of the first byte that is not part of valid UTF-8 (RFC 3629); npos: none.
std::size_t find_invalid_utf8(std::string_view text);

}  // namespace badgate::harness
