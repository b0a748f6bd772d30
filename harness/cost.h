// Cost: about how long a scenario keeps a worker busy, for the order in which many are handed out.
// A long one that begins last keeps everybody waiting.
#pragma once

#include <cstddef>
#include <vector>

#include "harness/scenario.h"
#include "net/time.h"

namespace badgate::harness {

// How long it takes on its own clock, by what is expected of it.
net::Duration expected_length(const Scenario& scenario);

// What a worker spends on it: the work, and where its clock is the real one (`waits`), the time.
net::Duration expected_cost(const Scenario& scenario, bool waits);

// The numbers of the costs, the dearest first; equal ones stay in order.
std::vector<std::size_t> dearest_first(const std::vector<net::Duration>& costs);

}  // namespace badgate::harness
