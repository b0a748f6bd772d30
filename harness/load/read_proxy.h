// [proxy]: directives, and the server and location blocks among them.
#pragma once

#include <string_view>
#include <vector>

#include "harness/load/reader.h"
#include "harness/load/schema.h"
#include "harness/scenario.h"
#include "proxy/directives.h"

namespace badgate::harness {

// Keys beside the directives: the blocks that a table of directives may hold.
Keys<proxy::Settings> top_block_keys();
Keys<proxy::VirtualServer> server_block_keys();

// A table of directives of the top, which stands in `where`: "[proxy]". Values that are wrong are
// told of and left in.
DirectiveBlock read_directives(Reader& reader, const Node& node, std::string_view where);

// [proxy] into scenario.directives and, with what it was before as a base, scenario.proxy.
void read_proxy(Reader& reader, const Node& node, Scenario& scenario);

// What the settings must not be together (proxy::check), told where the document says it. Once all
// of them have been read.
void check_settings(Reader& reader, const Node& root, const proxy::Settings& settings);
// What else is wrong with them, told in the same places.
void add_contradictions(Reader& reader, const Node& root,
                        const std::vector<proxy::Contradiction>& contradictions);

}  // namespace badgate::harness
