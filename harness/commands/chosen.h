// Which of the selected scenarios this very run is about: those of its shard, or those that failed
// in an earlier one.
#pragma once

#include <CLI/App.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/commands/selection.h"
#include "harness/reports/report_file.h"
#include "harness/reports/run_report.h"
#include "harness/scenario.h"

namespace badgate::harness::commands {

struct Narrowing {
  std::string shard;         // "2/4"; empty: all of them
  std::string rerun_failed;  // a JSON report; kLastReport: the last one; empty: not asked for

  std::optional<reports::Shard> parsed_shard() const;
};

// What CLI11 makes of a flag without a value.
inline constexpr std::string_view kLastReport = "true";

struct Chosen {
  std::vector<Scenario> scenarios;
  std::vector<std::size_t> places;  // of each among all that were selected
  std::size_t selected = 0;
  std::size_t gone = 0;  // that failed in the earlier run, and are not there any more
};

void add_narrowing(CLI::App& command, Narrowing& narrowing);

// Nothing after having said on stderr what is wrong. `real_time` counts for how shards are
// balanced.
std::optional<Chosen> choose_scenarios(const Selection& selection, const Narrowing& narrowing,
                                       const std::vector<reports::Target>& targets, bool real_time);

}  // namespace badgate::harness::commands
