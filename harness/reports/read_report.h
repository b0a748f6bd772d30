// A JSON report that lies in a file.
#pragma once

#include <string>

#include "harness/reports/run_report.h"
#include "net/result.h"

namespace badgate::harness::reports {

// "-" is standard input. The Error begins with the file's name.
net::Result<RunReport> read_report(const std::string& path);

}  // namespace badgate::harness::reports
