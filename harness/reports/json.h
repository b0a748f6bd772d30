// The JSON report: docs/report.schema.json says what is in it. It is read back to be merged and
// converted.
#pragma once

#include <string>
#include <string_view>

#include "harness/reports/run_report.h"
#include "net/result.h"

namespace badgate::harness::reports {

// Of the format; a reader refuses any other.
inline constexpr int kJsonVersion = 1;

// Valid UTF-8 whatever the bytes in it; ends with a newline.
std::string json_report(const RunReport& report);
// One element of its "cases", on one line.
std::string case_json(const Case& one);

// The Error says what is wrong, and in which case. Totals are not read: they follow from the cases.
net::Result<RunReport> report_from_json(std::string_view json);
net::Result<Case> case_from_json(std::string_view json);

}  // namespace badgate::harness::reports
