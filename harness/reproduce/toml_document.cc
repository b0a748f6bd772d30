#include "harness/reproduce/toml_document.h"

#include <fmt/core.h>

#include <algorithm>

#include "harness/toml_text.h"

namespace badgate::harness::reproduce {
namespace {

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
