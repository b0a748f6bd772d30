// Values written as TOML, as they stand in scenario files.
#pragma once

#include <string>
#include <string_view>

#include "harness/load/document.h"

namespace badgate::harness::reproduce {

// In double quotes, fit to be read back as the same text. Bytes that are not UTF-8, which TOML
// cannot hold, become U+FFFD.
std::string toml_string(std::string_view text);
// What stands between the quotes.
std::string toml_escaped(std::string_view text);

// A bare key where that is possible, else in quotes.
std::string toml_key(std::string_view key);

// "{ a = 1, b = [2, 3] }": on one line.
std::string toml_value(const Node& node);

// The members of a table: values first, one a line, then its tables under headers that begin with
// `path` ("remedy.NAME"; empty: the top of a file).
std::string toml_document(const Node& table, const std::string& path);

}  // namespace badgate::harness::reproduce
