// Several reports in one: the shards of one run, or runs of different files.
#pragma once

#include <string>
#include <vector>

#include "harness/reports/run_report.h"
#include "net/result.h"

namespace badgate::harness::reports {

struct NamedReport {
  std::string name;  // the file's
  RunReport report;
};

struct Merged {
  RunReport report;
  std::vector<std::string>
      missing;  // "shard 3/4": what the report has not, so that it is incomplete
};

// The cases come back into the order of the run. The Error: they are not of one run (badgate,
// proxy, seed, clock, number of shards, what was selected), or a case is in two of them.
net::Result<Merged> merge(std::vector<NamedReport> reports);

}  // namespace badgate::harness::reports
