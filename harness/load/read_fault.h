// Faults as a scenario file writes them: { FAMILY = "KIND", …parameters }.
#pragma once

#include <vector>

#include "fault_backends/fault.h"
#include "harness/load/document.h"
#include "harness/load/reader.h"

namespace badgate::harness {

// One fault. Empty after a diagnostic.
std::vector<fault_backends::Fault> read_fault(Reader& reader, const Node& node);
// A list of faults, which may be empty.
std::vector<fault_backends::Fault> read_faults(Reader& reader, const Node& node);

}  // namespace badgate::harness
