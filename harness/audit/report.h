// What an audit found, for people and for programs.
#pragma once

#include <string>

#include "harness/audit/audit.h"

namespace badgate::harness::audit {

struct ReportOptions {
  bool tables = true;      // what users see of each fault
  bool scenarios = false;  // the text of each finding's scenario
  bool colour = false;
};

std::string to_text(const Audit& audit, const ReportOptions& options);

// One object; docs/badgate.1 describes it.
std::string to_json(const Audit& audit);

// The name of a finding's scenario file: "01-stuck-server.toml".
std::string file_name(std::size_t index, const Finding& finding);

}  // namespace badgate::harness::audit
