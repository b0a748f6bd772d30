// [[request]] and [load]: what clients do.
#pragma once

#include "harness/load/reader.h"
#include "harness/load/schema.h"
#include "harness/scenario.h"

namespace badgate::harness {

Keys<Request> request_keys();
Keys<Load> load_keys();

// All requests, in order. If there is one only, its `expect` may say what is expected of the run.
void read_requests(Reader& reader, const Node& node, Scenario& scenario);
void read_load(Reader& reader, const Node& node, Scenario& scenario);

}  // namespace badgate::harness
