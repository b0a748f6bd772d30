// One document to one Scenario: the top level of a scenario file.
#pragma once

#include "harness/load/reader.h"
#include "harness/load/schema.h"
#include "harness/scenario.h"

namespace badgate::harness {

Keys<Scenario> scenario_keys();
Keys<Explanation> explanation_keys();

// Whatever is wrong goes to `diagnostics`; the scenario is of use only if nothing was.
// File, name, position and remedy are the caller's to fill in.
Scenario read_scenario(Diagnostics& diagnostics, const Node& root);

}  // namespace badgate::harness
