// Text as it stands in a scenario file: the one place that puts it into quotes of TOML.
#pragma once

#include <string>
#include <string_view>

namespace badgate::harness {

// In double quotes, on one line, and read back as the same text. What a terminal or an editor would
// not show (control characters, C1 too, marks that hide or reorder text) is escaped. Bytes that are
// not UTF-8, which a scenario file cannot hold, become U+FFFD, one for each.
std::string toml_string(std::string_view text);
// What stands between the quotes.
std::string toml_escaped(std::string_view text);

// A bare key where that is possible, else in quotes.
std::string toml_key(std::string_view key);

}  // namespace badgate::harness
