// [[upstream.GROUP]] and [[backend.NAME]]: the fake servers of a scenario.
#pragma once

#include <optional>

#include "harness/load/reader.h"
#include "harness/load/schema.h"
#include "harness/scenario.h"

namespace badgate::harness {

// Keys beside fault_backends::fields() and, for servers of a group, proxy::server_fields().
Keys<BackendSpec> backend_keys();

// All groups into scenario.proxy.upstreams and scenario.backends.
void read_upstreams(Reader& reader, const Node& node, Scenario& scenario);
// All other backends into scenario.backends.
void read_backends(Reader& reader, const Node& node, Scenario& scenario);
// [group.NAME]: directives of the upstream blocks, which must have been read.
void read_groups(Reader& reader, const Node& node, Scenario& scenario);

// Mentions of names that do not exist, backends that call each other in a circle.
void check_mentions(Reader& reader, const Scenario& scenario);

}  // namespace badgate::harness
