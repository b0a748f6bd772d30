// The HTML report: one page with the whole run in it, which needs no network and no other file.
#pragma once

#include <string>

#include "harness/reports/run_report.h"

namespace badgate::harness::reports {

// The page of harness/reports/page/, with what json_report says as its data, packed.
std::string html_report(const RunReport& report);

}  // namespace badgate::harness::reports
