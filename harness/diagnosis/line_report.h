// The report on one line of a log, for people at a terminal.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "harness/diagnosis/diagnose.h"
#include "harness/scenario.h"

namespace badgate::harness::diagnosis {

// `catalogue` is where the remedies come from; it may be empty. `line` is as it was written. Ends
// with a newline.
std::string line_report(std::string_view line, const evidence::Evidence& evidence,
                        const Diagnosis& diagnosis, std::span<const Scenario> catalogue);

}  // namespace badgate::harness::diagnosis
