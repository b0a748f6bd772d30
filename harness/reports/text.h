// Text for people at a terminal: painted, and broken into lines.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace badgate::harness::reports {

// `code` is of ECMA-48's SGR: "1" bold, "2" dim, "31" red, "1;31" both. As it is without `colour`.
std::string painted(std::string_view text, const char* code, bool colour);

// Lines of at most `width` bytes, each behind `indent`; ends with a newline. A word that is longer
// has a line of its own.
std::string wrapped(std::string_view text, std::string_view indent, std::size_t width = 78);

}  // namespace badgate::harness::reports
