#include "harness/reproduce/pattern.h"

namespace badgate::harness::reproduce {

std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view text) {
  std::vector<std::string> captured;
  auto star = pattern.find('*');
  if (!text.starts_with(pattern.substr(0, star))) return std::nullopt;
  if (star == pattern.npos) {
    if (text != pattern) return std::nullopt;
    return captured;
  }
  text.remove_prefix(star);
  while (true) {
    pattern.remove_prefix(star + 1);
    star = pattern.find('*');
    const auto literal = pattern.substr(0, star);
    if (star == pattern.npos) {
      if (!text.ends_with(literal)) return std::nullopt;
      captured.emplace_back(text.substr(0, text.size() - literal.size()));
      return captured;
    }
    const auto at = text.find(literal);
    if (at == text.npos) return std::nullopt;
    captured.emplace_back(text.substr(0, at));
    text.remove_prefix(at + literal.size());
  }
}

}  // namespace badgate::harness::reproduce
