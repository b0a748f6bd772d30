// Results: what comes back from the workers of `badgate run`, in whatever order, shown in the
// scenarios' order and gathered for reports.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/commands/play.h"
#include "harness/reports/run_report.h"
#include "harness/reports/terminal.h"
#include "harness/scenario.h"

namespace badgate::harness::commands {

// How the reason of a case begins that was to run, and did not.
inline constexpr std::string_view kNotRun = "not run: ";

class Results {
 public:
  // Each scenario runs `repeat` times. All that is given must outlive this.
  Results(reports::Terminal& terminal, std::span<const Scenario> scenarios, std::size_t repeat,
          bool keep_cases);

  // Run `number` (from 0) of the scenario, with its seed. One that was broken off by a signal has
  // no verdict: it counts as not run.
  void add(std::size_t scenario, std::size_t number, std::uint64_t seed, Played played);
  // Shows what is left after a run that was broken off.
  void flush();

  bool complete() const { return shown_ == scenarios_.size(); }
  bool failed() const { return failed_; }
  bool badgate_failed() const { return badgate_failed_; }

  // One for each scenario, in their order. What was not run says `why` behind kNotRun, and is
  // broken unless that was as it should be.
  std::vector<reports::Case> take_cases(const std::string& why, bool as_it_should_be);

 private:
  // Of one scenario. What is shown of several runs is the worst, of those the first.
  struct Runs {
    reports::Repeats tally;
    std::size_t number = 0;
    Played worst;
  };
  void show_first();
  reports::Case not_run(const Scenario& scenario, const std::string& why, bool as_it_should_be);

  reports::Terminal& terminal_;
  std::span<const Scenario> scenarios_;
  std::size_t repeat_;
  bool keep_cases_;
  std::map<std::size_t, Runs> waiting_;
  std::map<std::size_t, reports::Case> cases_;
  std::size_t next_ = 0;
  std::size_t shown_ = 0;
  bool failed_ = false;
  bool badgate_failed_ = false;
};

}  // namespace badgate::harness::commands
