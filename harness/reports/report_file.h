// Where a report goes, and a file that is there whole or not at all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/reports/run_report.h"
#include "net/result.h"

namespace badgate::harness::reports {

// "junit:out/report.xml"; "junit" and "junit:-" go to standard output.
struct Target {
  std::string format;
  std::string file;  // empty: standard output
};

// The Error names the nearest format.
net::Result<Target> parse_target(std::string_view text);

// Before the work of a long run: that all formats are known, that every file could be written, and
// that nothing is written to twice. Nothing of it stays behind.
net::Result<std::vector<Target>> prepare(const std::vector<std::string>& targets);

bool writes_to_stdout(const std::vector<Target>& targets);

// All of them, also when one cannot be written. The Error says which could not.
net::Result<void> write(const std::vector<Target>& targets, const RunReport& report);

// Under another name first, in the same folder; a link is followed, a device or a pipe is written
// to as it is.
net::Result<void> write_whole(const std::string& path, std::string_view text);
// Whether that could be done now.
net::Result<void> can_write(const std::string& path);

}  // namespace badgate::harness::reports
