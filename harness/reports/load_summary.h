// A load's outcome in numbers.
#pragma once

#include "harness/outcome.h"
#include "harness/reports/run_report.h"

namespace badgate::harness::reports {

// In at most 120 intervals.
LoadSummary summary_of_load(const Outcome& outcome);

}  // namespace badgate::harness::reports
