// Document: a TOML file as a tree of nodes that know their place, in the order of the file. It
// hides the TOML library from the rest of the loader, and remedies are laid over it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/diagnostics.h"

namespace badgate::harness {

struct Member;

struct Node {
  enum class Kind { text, integer, number, flag, moment, list, table };
  Kind kind = Kind::table;
  Place place;
  std::string text;
  std::int64_t integer = 0;
  double number = 0;
  bool flag = false;
  std::vector<Node> items;      // of a list
  std::vector<Member> members;  // of a table

  bool is(Kind k) const { return kind == k; }
  const Member* find(std::string_view key) const;
  Member* find(std::string_view key);
};

struct Member {
  std::string key;
  Place place;  // of the key
  Node value;
};

// "a string", "a table": for messages.
std::string_view kind_name(Node::Kind kind);

// Whether both say the same, wherever they stand.
bool same_value(const Node& a, const Node& b);

// The places of a node, of its keys and of all below it.
std::vector<Place> places_of(const Node& node);

// Parses `text`. Mistakes in the syntax go to `diagnostics`, and nothing comes back.
std::optional<Node> parse_document(std::string_view text, Diagnostics& diagnostics);

}  // namespace badgate::harness
