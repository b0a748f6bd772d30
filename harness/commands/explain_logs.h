// What `badgate explain` does with whole logs.
#pragma once

#include <string>
#include <vector>

#include "harness/evidence/reader.h"
#include "harness/scenario.h"

namespace badgate::harness::commands {

// The scenarios of the catalogue of these names, with their remedies. Names that are not in it are
// left out.
std::vector<Scenario> scenarios_named(const std::vector<std::string>& names);

struct LogsToExplain {
  std::vector<std::string> files;  // "-" is the standard input
  evidence::Reader reader;
  bool json = false;
};

// Reads them to their end and prints a summary. Returns the exit code.
int explain_logs(const LogsToExplain& logs);

// The same, and then each failure that is written from now on, until a signal comes.
int follow_logs(const LogsToExplain& logs);

}  // namespace badgate::harness::commands
