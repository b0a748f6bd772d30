// Field: one setting that a user may write. A room lists its settings as a table of fields; the
// loader, `badgate list` and the reference read the same table, so that none can fall behind.
#pragma once

#include <span>
#include <string_view>

#include "net/result.h"

namespace badgate::net {

template <typename T>
struct Field {
  std::string_view name;      // as users write it; nginx's directive where there is one
  std::string_view syntax;    // "time", "size", "on | off", "error | timeout | … | off"
  std::string_view fallback;  // the value when it is not given, as text; empty: none
  std::string_view doc;       // one sentence
  // Parses `text` and stores it; the Error says what was expected, without the position.
  Result<void> (*apply)(T& into, std::string_view text);
  // Several of them may be given: each line of `text` is one.
  bool repeats = false;
};

template <typename T>
const Field<T>* find_field(std::span<const Field<T>> fields, std::string_view name) {
  for (const auto& field : fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

}  // namespace badgate::net
