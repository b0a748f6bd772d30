#include "harness/lab/tables.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>

#include "harness/load/schema.h"
#include "net/text.h"

namespace badgate::harness::lab {
namespace {

constexpr auto kTables = "tables";

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

}  // namespace

Node text_node(std::string text) {
  Node node;
  node.kind = Node::Kind::text;
  node.text = std::move(text);
  return node;
}

std::string time_text(net::Duration time) {
  const auto ms = std::chrono::round<std::chrono::milliseconds>(time).count();
  return ms % 1000 == 0 ? fmt::format("{}s", ms / 1000) : fmt::format("{}ms", ms);
}

void put(Node& table, std::string_view key, Node value) {
  if (Member* old = table.find(key)) {
    old->value = std::move(value);
  } else {
    table.members.push_back({std::string(key), {}, std::move(value)});
  }
}

namespace {

// "app[1]": the second table of the list `app`.
Node* at_key(Node& table, std::string_view key) {
  const auto bracket = std::min(key.find('['), key.size());
  const auto name = key.substr(0, bracket);
  if (table.find(name) == nullptr) put(table, name, Node());
  Node& found = table.find(name)->value;
  if (bracket == key.size()) return &found;
  const auto index = net::parse_number(key.substr(bracket + 1, key.size() - bracket - 2));
  return index && *index < found.items.size() ? &found.items[*index] : nullptr;
}

}  // namespace

Node* at_path(Node& root, std::string_view path) {
  Node* at = &root;
  while (at != nullptr && !path.empty()) {
    if (!at->is(Node::Kind::table)) return nullptr;
    const auto dot = std::min(path.find('.'), path.size());
    at = at_key(*at, path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  const bool usable = at != nullptr && (at->is(Node::Kind::table) || at->is(Node::Kind::list));
  return usable ? at : nullptr;
}

std::optional<Node> read_any_table(Reader& reader, const Node& node) {
  if (!expect_kind(reader, node, Node::Kind::table, "a table")) return std::nullopt;
  return node;
}

std::optional<std::vector<Node>> read_any_tables(Reader& reader, const Node& node) {
  std::vector<Node> out;
  for (const Node* table : tables_of(reader, node, kTables))
    out.push_back(*table);
  return out;
}

std::vector<SampleRequest> read_sample_requests(Reader& reader, const Node& node) {
  static constexpr std::array<Key<SampleRequest>, 3> keys{
      {{{"id", "text", "", ""}, store<&SampleRequest::id, read_text>},
       {{"label", "text", "", ""}, store<&SampleRequest::label, read_text>},
       {{"send", "table", "", ""}, store<&SampleRequest::table, read_any_table>}}};
  std::vector<SampleRequest> out;
  for (const Node* table : tables_of(reader, node, kTables))
    read_table<SampleRequest>(reader, *table, "[[request]]", keys, out.emplace_back());
  check_unique(reader, node, "request");
  return out;
}

void check_unique(Reader& reader, const Node& list, std::string_view what) {
  std::set<std::string> seen;
  for (const Node* table : tables_of(reader, list, kTables)) {
    const Member* id = table->find("id");
    if (id == nullptr || !is_id(id->value.text)) {
      reader.add(table->place, fmt::format("this {} has no id", what),
                 "id = small letters, digits, - and _");
    } else if (!seen.insert(id->value.text).second) {
      reader.add(id->value.place,
                 fmt::format("there is another {} {}", what, in_quotes(id->value.text)));
    }
  }
}

}  // namespace badgate::harness::lab
