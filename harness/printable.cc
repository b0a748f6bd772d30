#include "harness/printable.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace badgate::harness {
namespace {

std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

struct CodeRange {
  std::uint32_t first;
  std::uint32_t last;
};

template <std::size_t N>
bool within(const std::array<CodeRange, N>& ranges, std::uint32_t code) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const CodeRange& r) { return code >= r.first && code <= r.last; });
}

std::size_t width_of(std::uint32_t code) {
  static constexpr std::array<CodeRange, 2> combining{{{0x300, 0x36F}, {0xFE00, 0xFE0F}}};
  static constexpr std::array<CodeRange, 8> wide{{{0x1100, 0x115F},
                                                  {0x2E80, 0xA4CF},
                                                  {0xAC00, 0xD7A3},
                                                  {0xF900, 0xFAFF},
                                                  {0xFE30, 0xFE6F},
                                                  {0xFF00, 0xFF60},
                                                  {0x1F300, 0x1FAFF},
                                                  {0x20000, 0x3FFFD}}};
  if (within(combining, code)) return 0;
  return within(wide, code) ? 2 : 1;
}

Glyph named(std::string shown) {
  const std::size_t width = shown.size();
  return {std::move(shown), width};
}

Glyph glyph_of(const Character& decoded, std::string_view text) {
  if (decoded.length == 0)
    return named(fmt::format("<{:02X}>", static_cast<unsigned char>(text[0])));
  if (decoded.code == '\t') return named("    ");
  if (is_unprintable(decoded.code)) {
    const auto* form = decoded.code < 0x80 ? "<{:02X}>" : "<U+{:04X}>";
    return named(fmt::format(fmt::runtime(form), decoded.code));
  }
  return {std::string(text.substr(0, decoded.length)), width_of(decoded.code)};
}

}  // namespace

// RFC 3629 section 4: no overlong forms, no surrogates, nothing above U+10FFFF.
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (text.empty()) return {};
  const std::size_t length = sequence_length(byte(0));
  if (length == 0 || length > text.size()) return {};
  if (length == 1) return {byte(0), 1};
  std::uint32_t code = byte(0) & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    code = code << 6U | (byte(i) & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  if (code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return {};
  return {code, length};
}

bool is_unprintable(std::uint32_t code) {
  static constexpr std::array<CodeRange, 9> ranges{{{0, 0x1F},
                                                    {0x7F, 0x9F},
                                                    {0xAD, 0xAD},
                                                    {0x61C, 0x61C},
                                                    {0x200B, 0x200F},
                                                    {0x2028, 0x202E},
                                                    {0x2066, 0x2069},
                                                    {0xFEFF, 0xFEFF},
                                                    {0xE0000, 0xE007F}}};
  return within(ranges, code);
}

std::vector<Glyph> glyphs(std::string_view text) {
  std::vector<Glyph> out;
  while (!text.empty()) {
    const Character decoded = first_character(text);
    out.push_back(glyph_of(decoded, text));
    text.remove_prefix(std::max<std::size_t>(decoded.length, 1));
  }
  return out;
}

std::string printable(std::string_view text, std::size_t max_width) {
  std::string out;
  std::size_t width = 0;
  while (!text.empty()) {
    const Character decoded = first_character(text);
    const Glyph glyph = glyph_of(decoded, text);
    width += glyph.width;
    if (width > max_width) return out + "…";
    out += glyph.shown;
    text.remove_prefix(std::max<std::size_t>(decoded.length, 1));
  }
  return out;
}

std::size_t find_invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Character decoded = first_character(text.substr(at));
    if (decoded.length == 0) return at;
    at += decoded.length;
  }
  return std::string_view::npos;
}

}  // namespace badgate::harness
