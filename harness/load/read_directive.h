// One directive of [proxy], [group.NAME] or a block in them: tried as nginx would read it, and kept
// as it is written, since servers have their addresses in a run only.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "harness/load/schema.h"
#include "harness/placeholders.h"
#include "harness/scenario.h"

namespace badgate::harness {

// The value as it will be once servers have addresses.
inline Member filled(Member member) {
  member.value.text = fill_placeholders(member.value.text, any_address);
  for (Node& item : member.value.items)
    item.text = fill_placeholders(item.text, any_address);
  return member;
}

// One directive; its value is tried on `scratch`.
template <typename T>
void read_directive(Reader& reader, const Member& member, std::span<const net::Field<T>> fields,
                    const Names& names, std::string_view where, T& scratch, DirectiveBlock& into) {
  reader.mention_placeholders(member.value);
  if (!apply_member(reader, filled(member), fields, scratch)) {
    names.say_unknown(reader, member, where);
  } else if (auto text = directive_text(member, fields)) {
    into.directives.emplace_back(member.key, std::move(*text));
  }
}

}  // namespace badgate::harness
