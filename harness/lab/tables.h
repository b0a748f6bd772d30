// Tables: what lessons and incidents have in common when their TOML files are read, and small
// changes to such tables.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/lab/lesson.h"
#include "harness/load/document.h"
#include "harness/load/reader.h"
#include "net/time.h"

namespace badgate::harness::lab {

Node text_node(std::string text);

// As nginx reads it, in whole seconds or milliseconds: no fractions.
std::string time_text(net::Duration time);

// Adds the member, or replaces its value.
void put(Node& table, std::string_view key, Node value);
// The table or the list of tables at a dotted path, "group.app" or "upstream.app[1].tls"; added
// where it is missing. Null: something else stands there.
Node* at_path(Node& root, std::string_view path);

// A table as it stands in the file; its keys are checked when a scenario is made of it.
std::optional<Node> read_any_table(Reader& reader, const Node& node);
// A list of tables.
std::optional<std::vector<Node>> read_any_tables(Reader& reader, const Node& node);

// [[request]]: id, label, and the keys of a scenario's request.
std::vector<SampleRequest> read_sample_requests(Reader& reader, const Node& node);

// That no two are called the same; `what`: "request".
void check_unique(Reader& reader, const Node& list, std::string_view what);

}  // namespace badgate::harness::lab
