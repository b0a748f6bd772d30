// What a scenario asks of the process that runs it.
#pragma once

#include <memory>

#include "fault_backends/file_rights.h"
#include "fault_backends/network_fault.h"
#include "harness/scenario.h"
#include "net/result.h"

namespace badgate::harness {

// The needs of all of its faults together, and its own `clock`. The Error says why it cannot run on
// this machine: a skip.
net::Result<fault_backends::Needs> needs_of(const Scenario& scenario);

// Whether it must run in a process that runs nothing else: entering a network namespace changes a
// process for good. Found out by trying, so ask once.
bool needs_own_process(const Scenario& scenario);

// Whether real programs are among its backends.
bool starts_programs(const Scenario& scenario);

// Whether its proxy gets new settings while it runs.
bool reloads_proxy(const Scenario& scenario);

// A socket without permission refuses everybody but root.
bool needs_ordinary_rights(const Scenario& scenario);
// What gives them to this thread if they are needed, else null: to be held while a proxy works in
// this process.
std::unique_ptr<fault_backends::OrdinaryFileRights> rights_for(const Scenario& scenario);

}  // namespace badgate::harness
