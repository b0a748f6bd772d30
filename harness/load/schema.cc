#include "harness/load/schema.h"

#include <fmt/core.h>

#include <algorithm>

#include "harness/reference.h"
#include "net/text.h"

namespace badgate::harness {
namespace {

// Other tables that have a key of this name: "[proxy] or [request.expect]".
std::string homes_of(std::string_view key) {
  const std::vector<ReferenceTable> tables = reference();
  std::vector<std::string_view> homes;
  for (const ReferenceTable& table : tables) {
    const auto& entries = table.entries;
    const bool here = std::any_of(entries.begin(), entries.end(),
                                  [&](const ReferenceEntry& entry) { return entry.name == key; });
    if (here) homes.push_back(table.name);
  }
  return listed(homes);
}

}  // namespace

void Names::say_unknown(Reader& reader, const Member& member, std::string_view where) const {
  std::string message = fmt::format("unknown key {} in {}", in_quotes(member.key), where);
  if (!reader.wants_more()) {
    reader.add(member.place, std::move(message));
    return;
  }
  const std::string_view near = net::nearest(member.key, names_);
  const std::string homes = near.empty() ? homes_of(member.key) : "";
  if (!homes.empty()) message += fmt::format("; it belongs in {}", homes);
  std::string expected;
  if (near.empty() && homes.empty()) expected = listed(names_);
  reader.add(member.place, std::move(message), std::move(expected), std::string(near));
}

std::vector<const Node*> tables_of(Reader& reader, const Node& node, std::string_view expected) {
  std::vector<const Node*> out;
  if (node.is(Node::Kind::table)) return {&node};
  if (!expect_kind(reader, node, Node::Kind::list, expected)) return out;
  for (const Node& item : node.items) {
    if (expect_kind(reader, item, Node::Kind::table, expected)) out.push_back(&item);
  }
  return out;
}

}  // namespace badgate::harness
