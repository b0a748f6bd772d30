#include "harness/load/key_depth.h"

#include <cstddef>
#include <string>

namespace badgate::harness {
namespace {

constexpr unsigned kMaxParts = 32;

// Steps over the string that begins at `at`; returns the offset behind it. Where it has no end the
// TOML parser will complain, so anything goes.
std::size_t skip_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const bool multi_line = text.size() - at >= 3 && text[at + 1] == quote && text[at + 2] == quote;
  at += multi_line ? 3 : 1;
  while (at < text.size()) {
    if (quote == '"' && text[at] == '\\') {
      at += 2;
    } else if (!multi_line && (text[at] == quote || text[at] == '\n')) {
      return at + 1;
    } else if (multi_line && text.substr(at, 3) == std::string(3, quote)) {
      at += 3;  // up to two more quotes belong to the string
      for (int more = 0; more < 2 && at < text.size() && text[at] == quote; ++more)
        ++at;
      return at;
    } else {
      ++at;
    }
  }
  return text.size();
}

Place place_at(std::string_view text, std::size_t at) {
  Place place{1, 1, 1};
  for (const char c : text.substr(0, at)) {
    ++place.column;
    if (c == '\n') place = {place.line + 1, 1, 1};
  }
  return place;
}

}  // namespace

std::optional<Place> find_too_deep_key(std::string_view text) {
  unsigned dots = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      at = skip_string(text, at);
      continue;
    }
    if (c == '#') {
      const std::size_t end = text.find('\n', at);
      at = end == std::string_view::npos ? text.size() : end;
      continue;
    }
    if (c == '.' && ++dots >= kMaxParts) return place_at(text, at);
    if (c == '\n' || c == '=' || c == ',' || c == '{' || c == '[') dots = 0;
    ++at;
  }
  return std::nullopt;
}

}  // namespace badgate::harness
