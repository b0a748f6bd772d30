#include "net/escapes.h"

#include <fmt/core.h>

#include <charconv>

namespace badgate::net {

Result<std::string> unescape(std::string_view text) {
  constexpr std::string_view names = "rnt\\";
  constexpr std::string_view values = "\r\n\t\\";
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    const auto escape = text.substr(i, 4);
    unsigned byte = 0;
    const auto named = escape.size() > 1 ? names.find(escape[1]) : names.npos;
    if (named != names.npos) {
      bytes += values[named];
      i += 1;
    } else if (escape.size() == 4 && escape[1] == 'x' &&
               std::from_chars(escape.data() + 2, escape.data() + 4, byte, 16).ptr ==
                   escape.data() + 4) {
      bytes += static_cast<char>(byte);
      i += 3;
    } else {
      return fail(fmt::format("\"{}\" is none of \\r, \\n, \\t, \\\\ and \\xNN with two hex digits",
                              escape));
    }
  }
  return bytes;
}

std::string escape(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\r') {
      text += "\\r";
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '\\') {
      text += "\\\\";
    } else if (byte < 0x20 || byte > 0x7e || c == '\'' || c == '"') {
      text += fmt::format("\\x{:02x}", byte);
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace badgate::net
