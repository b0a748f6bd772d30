// A guard in front of the TOML library: each dot in a key nests a table, and the library recurses
// over what is nested, so a hostile file could exhaust the stack.
#pragma once

#include <optional>
#include <string_view>

#include "harness/diagnostics.h"

namespace badgate::harness {

// Where the first key or table header with more than 32 parts stands.
std::optional<Place> find_too_deep_key(std::string_view text);

}  // namespace badgate::harness
