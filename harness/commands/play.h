// How `badgate run` plays one scenario: once, or again where noise may have decided, and judged.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/reports/run_report.h"
#include "harness/run.h"
#include "harness/verdict.h"
#include "net/result.h"

namespace badgate::harness::commands {

// `real_fpm`: on the machine's PHP-FPM in place of the fake one.
Verdict play(const Scenario& scenario, const RunOptions& options, bool real_fpm);

// Badgate itself failed.
Verdict broken(const Scenario& scenario, std::string why);

// What a worker sends to its parent: the verdict, and what reports want to know.
struct Played {
  Verdict verdict;
  std::optional<reports::Case> in_reports;
};
std::string to_text(const Played& played, bool with_timeline);
net::Result<Played> played_from_text(std::string_view text);

}  // namespace badgate::harness::commands
