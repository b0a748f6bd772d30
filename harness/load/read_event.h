// [[event]]: the timeline of things that are done to backends and to the proxy.
#pragma once

#include "harness/load/reader.h"
#include "harness/load/schema.h"
#include "harness/scenario.h"

namespace badgate::harness {

Keys<TimelineEvent> event_keys();

// All events into scenario.events, in the order of the file.
void read_events(Reader& reader, const Node& node, Scenario& scenario);

}  // namespace badgate::harness
