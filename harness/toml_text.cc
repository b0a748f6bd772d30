#include "harness/toml_text.h"

#include <fmt/core.h>

#include <algorithm>

#include "harness/printable.h"

namespace badgate::harness {
namespace {

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

// TOML 1.0, "String": \uXXXX and \UXXXXXXXX.
std::string escape_of(std::uint32_t code) {
  if (code == '"' || code == '\\') return {'\\', static_cast<char>(code)};
  if (code == '\n') return "\\n";
  return code > 0xFFFF ? fmt::format("\\U{:08X}", code) : fmt::format("\\u{:04X}", code);
}

}  // namespace

std::string toml_escaped(std::string_view text) {
  constexpr std::uint32_t replacement = 0xFFFD;
  std::string out;
  while (!text.empty()) {
    const Character c = first_character(text);
    const std::size_t length = std::max<std::size_t>(c.length, 1);
    if (c.length == 0) {
      out += escape_of(replacement);
    } else if (c.code == '"' || c.code == '\\' || is_unprintable(c.code)) {
      out += escape_of(c.code);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return out;
}

std::string toml_string(std::string_view text) {
  return '"' + toml_escaped(text) + '"';
}

std::string toml_key(std::string_view key) {
  const bool bare = !key.empty() && std::all_of(key.begin(), key.end(), is_bare);
  return bare ? std::string(key) : toml_string(key);
}

}  // namespace badgate::harness
