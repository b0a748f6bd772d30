#include "harness/load/document.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include <toml++/toml.h>

#include "harness/load/key_depth.h"

namespace badgate::harness {
namespace {

constexpr std::size_t kMaxDepth = 64;

Place place_of(const toml::source_region& region) {
  const auto& begin = region.begin;
  const auto& end = region.end;
  const std::uint32_t length =
      end.line == begin.line && end.column > begin.column ? end.column - begin.column : 1;
  return {begin.line, begin.column, length};
}

bool convert(const toml::node& from, Node& into, Diagnostics& diagnostics, std::size_t depth);

bool convert_table(const toml::table& from, Node& into, Diagnostics& diagnostics,
                   std::size_t depth) {
  into.kind = Node::Kind::table;
  for (const auto& [key, value] : from) {
    Member member{std::string(key.str()), place_of(key.source()), {}};
    if (!convert(value, member.value, diagnostics, depth + 1)) return false;
    into.members.push_back(std::move(member));
  }
  // The library sorts by name; the order of the file carries meaning.
  std::stable_sort(into.members.begin(), into.members.end(), [](const Member& a, const Member& b) {
    return std::tie(a.place.line, a.place.column) < std::tie(b.place.line, b.place.column);
  });
  return true;
}

bool convert_list(const toml::array& from, Node& into, Diagnostics& diagnostics,
                  std::size_t depth) {
  into.kind = Node::Kind::list;
  for (const auto& value : from) {
    if (!convert(value, into.items.emplace_back(), diagnostics, depth + 1)) return false;
  }
  return true;
}

void convert_scalar(const toml::node& from, Node& into) {
  if (const auto* text = from.as_string()) {
    into.kind = Node::Kind::text;
    into.text = text->get();
  } else if (const auto* integer = from.as_integer()) {
    into.kind = Node::Kind::integer;
    into.integer = integer->get();
  } else if (const auto* number = from.as_floating_point()) {
    into.kind = Node::Kind::number;
    into.number = number->get();
  } else if (const auto* flag = from.as_boolean()) {
    into.kind = Node::Kind::flag;
    into.flag = flag->get();
  } else {
    into.kind = Node::Kind::moment;
  }
}

bool convert(const toml::node& from, Node& into, Diagnostics& diagnostics, std::size_t depth) {
  into.place = place_of(from.source());
  if (depth > kMaxDepth) {
    diagnostics.add(into.place, "tables and lists are nested too deeply");
    return false;
  }
  if (const auto* table = from.as_table()) return convert_table(*table, into, diagnostics, depth);
  if (const auto* list = from.as_array()) return convert_list(*list, into, diagnostics, depth);
  convert_scalar(from, into);
  return true;
}

// The library's words, made shorter, and clearer for the commonest slips.
struct Wording {
  std::string_view contains;
  std::string_view message;
  std::string_view expected;
};

constexpr std::array<Wording, 5> kWordings{{
    {"unescaped control characters", "the string is not closed in its line",
     "a quote at its end, or three quotes around text of several lines"},
    {"could not determine value type", "this is no value of TOML",
     "text in quotes, a number, true, false, a list or a table"},
    {"expected value, saw", "the value is missing", "text in quotes, a number, true, false, …"},
    {"encountered end-of-file", "the file ends in the middle of this", ""},
    {"cannot redefine existing", "", "each key and table once; [[NAME]] makes a list of tables"},
}};

std::string_view without_prefix(std::string_view description) {
  constexpr std::string_view prefix = "Error while parsing ";
  if (!description.starts_with(prefix)) return description;
  const std::size_t colon = description.find(": ");
  return colon == std::string_view::npos ? description : description.substr(colon + 2);
}

void say_syntax_error(Diagnostics& diagnostics, const toml::parse_error& error) {
  const std::string_view description = error.description();
  std::string_view message = without_prefix(description);
  std::string_view expected;
  for (const Wording& wording : kWordings) {
    if (description.find(wording.contains) == std::string_view::npos) continue;
    if (!wording.message.empty()) message = wording.message;
    expected = wording.expected;
  }
  diagnostics.add(place_of(error.source()), std::string(message), std::string(expected));
}

void collect_places(const Node& node, std::vector<Place>& out) {
  out.push_back(node.place);
  for (const Node& item : node.items)
    collect_places(item, out);
  for (const Member& member : node.members) {
    out.push_back(member.place);
    collect_places(member.value, out);
  }
}

bool same_members(const Node& a, const Node& b) {
  return std::all_of(a.members.begin(), a.members.end(), [&](const Member& member) {
    const Member* other = b.find(member.key);
    return other != nullptr && same_value(member.value, other->value);
  });
}

}  // namespace

const Member* Node::find(std::string_view key) const {
  const auto it = std::find_if(members.begin(), members.end(),
                               [&](const Member& member) { return member.key == key; });
  return it == members.end() ? nullptr : &*it;
}

Member* Node::find(std::string_view key) {
  return const_cast<Member*>(std::as_const(*this).find(key));
}

std::string_view kind_name(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::text:
      return "a string";
    case Node::Kind::integer:
      return "an integer";
    case Node::Kind::number:
      return "a floating-point number";
    case Node::Kind::flag:
      return "a boolean";
    case Node::Kind::moment:
      return "a date or time of day";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::table:
      return "a table";
  }
  return "a value";
}

bool same_value(const Node& a, const Node& b) {
  if (a.kind != b.kind || a.items.size() != b.items.size() || a.members.size() != b.members.size())
    return false;
  return a.text == b.text && a.integer == b.integer && a.number == b.number && a.flag == b.flag &&
         std::equal(a.items.begin(), a.items.end(), b.items.begin(), same_value) &&
         same_members(a, b);
}

std::vector<Place> places_of(const Node& node) {
  std::vector<Place> out;
  collect_places(node, out);
  return out;
}

std::optional<Node> parse_document(std::string_view text, Diagnostics& diagnostics) {
  if (const auto deep = find_too_deep_key(text)) {
    diagnostics.add(*deep, "the key has too many parts");
    return std::nullopt;
  }
  try {
    const toml::table table = toml::parse(text);
    Node root;
    if (!convert(table, root, diagnostics, 0)) return std::nullopt;
    return root;
  } catch (const toml::parse_error& error) {
    say_syntax_error(diagnostics, error);
    return std::nullopt;
  }
}

}  // namespace badgate::harness
