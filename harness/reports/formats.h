// The formats in which `badgate run --report` can write.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/reports/run_report.h"

namespace badgate::harness::reports {

struct Format {
  std::string_view name;   // "junit"
  std::string_view about;  // for whom it is
  std::string (*write)(const RunReport& report);
};

std::span<const Format> formats();
const Format* find_format(std::string_view name);  // null: there is none of that name
std::vector<std::string> format_names();

// One element for each case; grouped by cause. What Jenkins' junit-10.xsd allows, so that GitLab
// and what reads JUnit on GitHub take it, too.
std::string junit_report(const RunReport& report);
// TAP version 14, with a YAML block for each test that did not pass.
std::string tap_report(const RunReport& report);
// Workflow commands of GitHub Actions: an annotation at the line of each expectation that was not
// met. Nothing where all is well.
std::string github_report(const RunReport& report);
// A job's summary: at most about 900 KB, as GitHub takes 1 MB.
std::string markdown_report(const RunReport& report);

}  // namespace badgate::harness::reports
