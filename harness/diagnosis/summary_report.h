// The report on a whole log, for people at a terminal.
#pragma once

#include <span>
#include <string>

#include "harness/diagnosis/digest.h"
#include "harness/scenario.h"

namespace badgate::harness::diagnosis {

// `catalogue` is where the remedies come from; it may be empty. Ends with a newline.
std::string summary_report(const Summary& summary, std::span<const Scenario> catalogue);

// "2026-11-23 04:15:25"; empty for 0.
std::string written_time(std::int64_t second);

}  // namespace badgate::harness::diagnosis
