// Schema: the keys of a table of the scenario file. Each table's keys are one list of Key; reading,
// messages on unknown keys, the reference (docs/scenarios.md) and the tests use that same list.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/load/document.h"
#include "harness/load/reader.h"
#include "harness/load/values.h"
#include "net/field.h"

namespace badgate::harness {

// What the reference says of one key.
struct KeyDoc {
  std::string_view name;
  std::string_view syntax;
  std::string_view fallback;
  std::string_view doc;
};

// One key of the tables that are read into a T.
template <typename T>
struct Key {
  KeyDoc doc;
  void (*read)(Reader& reader, const Node& value, T& into);
};

template <typename T>
using Keys = std::span<const Key<T>>;

// For Key::read: parses with `Parse` and stores into the member `Target`.
template <auto Target, auto Parse, typename T>
void store(Reader& reader, const Node& value, T& into) {
  if (auto parsed = Parse(reader, value)) into.*Target = std::move(*parsed);
}

// For Key::read of keys that need to know more than their own table, and are read elsewhere.
template <typename T>
void read_elsewhere(Reader& /*reader*/, const Node& /*value*/, T& /*into*/) {}

// False if no key has the member's name.
template <typename T>
bool read_member(Reader& reader, const Member& member, Keys<T> keys, T& into) {
  for (const Key<T>& key : keys) {
    if (key.doc.name != member.key) continue;
    key.read(reader, member.value, into);
    return true;
  }
  return false;
}

// A directive's value as its field reads it.
template <typename T>
std::optional<std::string> directive_text(const Member& member,
                                          std::span<const net::Field<T>> fields) {
  const net::Field<T>* field = net::find_field(fields, std::string_view(member.key));
  return field != nullptr && field->repeats ? as_lines(member.value) : as_words(member.value);
}

// The same for keys that another room lists: the field is given the value as nginx would read it,
// see as_words, and says itself what it expected.
template <typename T>
bool apply_member(Reader& reader, const Member& member, std::span<const net::Field<T>> fields,
                  T& into) {
  const net::Field<T>* field = net::find_field(fields, std::string_view(member.key));
  if (field == nullptr) return false;
  const auto text = directive_text(member, fields);
  if (!text) {
    say_wrong_kind(reader, member.value, field->syntax);
  } else if (const net::Result<void> applied = field->apply(into, *text); !applied) {
    reader.add(member.value.place, applied.error().message);
  }
  return true;
}

// The names that may stand in a table, for messages.
class Names {
 public:
  template <typename T>
  Names& add(std::span<const Key<T>> keys) {
    for (const Key<T>& key : keys)
      names_.push_back(key.doc.name);
    return *this;
  }
  template <typename T>
  Names& add(std::span<const net::Field<T>> fields) {
    for (const net::Field<T>& field : fields)
      names_.push_back(field.name);
    return *this;
  }
  Names& add(std::string_view name) {
    names_.push_back(name);
    return *this;
  }

  // "unknown key …", and the nearest of the names, or the table that the key does belong in.
  // `where` names the table: "[proxy]".
  void say_unknown(Reader& reader, const Member& member, std::string_view where) const;

 private:
  std::vector<std::string_view> names_;
};

// Every member of `table`; what no key describes is a mistake.
template <typename T>
void read_table(Reader& reader, const Node& table, std::string_view where, Keys<T> keys, T& into) {
  for (const Member& member : table.members) {
    if (!read_member(reader, member, keys, into))
      Names().add(keys).say_unknown(reader, member, where);
  }
}

// A list of tables, or of one table written as such. Empty after a diagnostic.
std::vector<const Node*> tables_of(Reader& reader, const Node& node, std::string_view expected);

}  // namespace badgate::harness
