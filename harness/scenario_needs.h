// What a scenario asks of the process that runs it.
#pragma once

#include "fault_backends/network_fault.h"
#include "harness/scenario.h"
#include "net/result.h"

namespace badgate::harness {

// The needs of all of its faults together, and its own `clock`. The Error says why it cannot run on
// this machine: a skip.
net::Result<fault_backends::Needs> needs_of(const Scenario& scenario);

}  // namespace badgate::harness
