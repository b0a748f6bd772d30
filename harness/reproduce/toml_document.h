// Nodes of a document written as TOML, as they stand in scenario files.
#pragma once

#include <string>
#include <string_view>

#include "harness/load/document.h"

namespace badgate::harness::reproduce {

// "{ a = 1, b = [2, 3] }": on one line.
std::string toml_value(const Node& node);

// The members of a table: values first, one a line, then its tables under headers that begin with
// `path` ("remedy.NAME"; empty: the top of a file).
std::string toml_document(const Node& table, const std::string& path);

}  // namespace badgate::harness::reproduce
