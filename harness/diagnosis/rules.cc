#include "harness/diagnosis/rules.h"

#include <algorithm>

namespace badgate::harness::diagnosis {

using evidence::Source;

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

bool Rule::fits(std::string_view text, const Case& c) const {
  if (!begins_like(text, message) || !c.line.action.starts_with(action)) return false;
  return std::ranges::all_of(when, [&](Sign sign) { return sign == nullptr || sign(c); });
}

std::vector<std::span<const Rule>> rules_of(Source source) {
  switch (source) {
    case Source::nginx_error:
      return {error_rules_connecting(), error_rules_tls(), error_rules_answer(),
              error_rules_local()};
    case Source::nginx_access:
      return {access_rules()};
    case Source::haproxy:
      return {haproxy_rules()};
    case Source::envoy:
      return {envoy_rules()};
    case Source::apache_error:
      return {apache_rules()};
    case Source::php_fpm:
      return {php_fpm_rules()};
  }
  return {};
}

const Rule* find_rule(const Case& c) {
  const auto& line = c.line;
  std::string text = line.code;
  if (!text.empty() && !line.message.empty()) text += ": ";
  text += line.message;
  for (const auto table : rules_of(line.source)) {
    const auto rule = std::ranges::find_if(table, [&](const Rule& r) { return r.fits(text, c); });
    if (rule != table.end()) return &*rule;
  }
  return nullptr;
}

}  // namespace badgate::harness::diagnosis
