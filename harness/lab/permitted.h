// Permitted: what a scenario file that came over HTTP may not do. `badgate run` does whatever its
// user's file says; the lab plays files of whoever can connect to it. That a file reaches no server
// but its own is held where connections are made (StageOptions::own_servers_only); here it is said
// early, where it can be seen in the file.
#pragma once

#include <vector>

#include "harness/diagnostics.h"
#include "harness/scenario.h"

namespace badgate::harness::lab {

// Each thing that it must not: starting programs, naming files outside of the run's folder, passing
// to servers that are not its own, a network of its own. Empty: it may be played.
std::vector<Diagnostic> not_permitted(const Scenario& scenario);

}  // namespace badgate::harness::lab
