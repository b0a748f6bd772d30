// process = { … } of a backend: a real program in place of a fake server.
#pragma once

#include "harness/load/reader.h"
#include "harness/load/schema.h"
#include "harness/processes/process_spec.h"
#include "harness/scenario.h"

namespace badgate::harness {

Keys<processes::ProcessSpec> process_keys();
void read_process(Reader& reader, const Node& node, BackendSpec& into);

// That such a backend says nothing that only a fake one can do.
void check_process(Reader& reader, const Node& backend, const BackendSpec& spec);
// That the scenario lives in real time, and asks of programs only what they can be asked.
void check_processes(Reader& reader, const Scenario& scenario);

}  // namespace badgate::harness
