#include "harness/diagnosis/rules.h"

#include <algorithm>

namespace badgate::harness::diagnosis {

bool begins_like(std::string_view text, std::string_view pattern) {
  bool anywhere = false;
  while (!pattern.empty()) {
    if (pattern.front() == '*') {
      anywhere = true;
      pattern.remove_prefix(1);
      continue;
    }
    const auto piece = pattern.substr(0, pattern.find('*'));
    const auto at = anywhere ? text.find(piece) : (text.starts_with(piece) ? 0 : text.npos);
    if (at == text.npos) return false;
    text.remove_prefix(at + piece.size());
    pattern.remove_prefix(piece.size());
    anywhere = false;
  }
  return true;
}

bool Rule::fits(const Case& c) const {
  const std::string_view text = c.line.message.empty() ? c.line.code : c.line.message;
  if (!begins_like(text, message) || !c.line.action.starts_with(action)) return false;
  return std::ranges::all_of(when, [&](Sign sign) { return sign == nullptr || sign(c); });
}

}  // namespace badgate::harness::diagnosis
