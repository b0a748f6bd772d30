#include "harness/reproduce/toml_text.h"

#include <fmt/core.h>

#include <algorithm>

#include "harness/printable.h"

namespace badgate::harness::reproduce {
namespace {

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

std::string joined(std::string_view path, std::string_view key) {
  return path.empty() ? toml_key(key) : fmt::format("{}.{}", path, toml_key(key));
}

bool is_list_of_tables(const Node& node) {
  return node.is(Node::Kind::list) && !node.items.empty() &&
         std::all_of(node.items.begin(), node.items.end(),
                     [](const Node& item) { return item.is(Node::Kind::table); });
}

// What reads better under a header of its own. Faults are one line each.
bool wants_header(const Member& member) {
  if (member.key == "fault" || member.key == "faults" || member.key == "headers") return false;
  return member.value.is(Node::Kind::table) || is_list_of_tables(member.value);
}

}  // namespace

std::string toml_escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto bad = find_invalid_utf8(text);
    for (const char c : text.substr(0, bad)) {
      if (c == '"' || c == '\\') {
        out += '\\';
        out += c;
      } else if (c == '\n') {
        out += "\\n";
      } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
        out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
      } else {
        out += c;
      }
    }
    if (bad == text.npos) break;
    out += "\\uFFFD";
    text.remove_prefix(bad + 1);
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

std::string toml_value(const Node& node) {
  switch (node.kind) {
    case Node::Kind::text:
      return toml_string(node.text);
    case Node::Kind::integer:
      return std::to_string(node.integer);
    case Node::Kind::number:
      return fmt::format("{}", node.number);
    case Node::Kind::flag:
      return node.flag ? "true" : "false";
    case Node::Kind::moment:
      return "\"\"";  // no key of a scenario takes one
    case Node::Kind::list: {
      std::string out;
      for (const Node& item : node.items)
        out += (out.empty() ? "" : ", ") + toml_value(item);
      return "[" + out + "]";
    }
    case Node::Kind::table: {
      std::string out;
      for (const Member& member : node.members)
        out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", toml_key(member.key),
                           toml_value(member.value));
      return out.empty() ? "{}" : "{ " + out + " }";
    }
  }
  return {};
}

std::string toml_document(const Node& table, const std::string& path) {
  std::string out;
  for (const Member& member : table.members) {
    if (!wants_header(member))
      out += fmt::format("{} = {}\n", toml_key(member.key), toml_value(member.value));
  }
  for (const Member& member : table.members) {
    if (!wants_header(member)) continue;
    const auto header = joined(path, member.key);
    if (member.value.is(Node::Kind::table)) {
      const auto inner = toml_document(member.value, header);
      // A table of tables alone needs no header of its own.
      const bool own = inner.empty() || inner.front() != '\n';
      out += own ? fmt::format("\n[{}]\n{}", header, inner) : inner;
      continue;
    }
    for (const Node& item : member.value.items)
      out += fmt::format("\n[[{}]]\n{}", header, toml_document(item, header));
  }
  return out;
}

}  // namespace badgate::harness::reproduce
