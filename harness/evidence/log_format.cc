#include "harness/evidence/log_format.h"

#include <fmt/core.h>

#include <algorithm>

#include "harness/evidence/fields.h"

namespace badgate::harness::evidence {
namespace {

bool in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// "status" of "$status …" or "${status}…", taken from the front; empty: it is no variable.
std::string take_name(std::string_view& text) {
  text.remove_prefix(1);
  const bool braces = text.starts_with('{');
  if (braces) text.remove_prefix(1);
  const auto end = std::ranges::find_if_not(text, in_name);
  std::string name(text.begin(), end);
  text.remove_prefix(name.size());
  if (braces && !text.starts_with('}')) return {};
  if (braces) text.remove_prefix(1);
  return name;
}

// The length of a list without quotes around it: "502, 200 : 504" has spaces within.
std::size_t list_length(std::string_view text) {
  std::size_t at = 0;
  while (true) {
    at = std::min(text.find(' ', at), text.size());
    const bool goes_on = at > 0 && text[at - 1] == ',';
    const bool redirect = text.substr(at, 3) == " : ";
    if (at == text.size() || (!goes_on && !redirect)) return at;
    at += redirect ? 3 : 1;
  }
}

}  // namespace

net::Result<LogFormat> LogFormat::parse(std::string_view text) {
  LogFormat format;
  std::string literal;
  bool useful = false;
  while (!text.empty()) {
    if (text.front() != '$') {
      literal += text.front();
      text.remove_prefix(1);
      continue;
    }
    const std::string name = take_name(text);
    if (name.empty()) return net::fail("a \"$\" without the name of a variable behind it");
    if (literal.empty() && !format.parts_.empty()) {
      return net::fail(
          fmt::format("nothing separates ${} from ${}", format.parts_.back().variable, name));
    }
    const auto known = variable_of(name);
    useful |= known == "status" || known == "upstream_status";
    format.parts_.push_back({std::move(literal), known.empty() ? name : std::string(known),
                             known.starts_with("upstream_")});
    literal.clear();
  }
  if (!useful) return net::fail("it has neither $status nor $upstream_status");
  format.end_ = std::move(literal);
  return format;
}

std::optional<Evidence> LogFormat::read(std::string_view line) const {
  Evidence e;
  e.source = Source::nginx_access;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const Part& part = parts_[i];
    if (!line.starts_with(part.before)) return std::nullopt;
    line.remove_prefix(part.before.size());
    const bool last = i + 1 == parts_.size();
    const std::string_view next = last ? std::string_view(end_) : parts_[i + 1].before;
    std::size_t size = next.empty() ? line.size() : line.find(next);
    if (part.list && next.starts_with(' ')) size = list_length(line);
    if (size == line.npos) return std::nullopt;
    const auto value = line.substr(0, size);
    if (!is_plausible(part.variable, value)) return std::nullopt;
    take_variable(e, part.variable, value);
    line.remove_prefix(size);
  }
  if (!line.starts_with(end_) || (!e.status && e.tries.empty())) return std::nullopt;
  finish(e);
  return e;
}

}  // namespace badgate::harness::evidence
