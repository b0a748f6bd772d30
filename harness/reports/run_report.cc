#include "harness/reports/run_report.h"

#include <algorithm>
#include <iterator>

#include "harness/reports/load_summary.h"

namespace badgate::harness::reports {
namespace {

// Returns how many were left out of the middle.
template <typename T>
std::size_t cut_middle(std::vector<T>& all) {
  if (all.size() <= kMostKept) return 0;
  const std::size_t left_out = all.size() - kMostKept;
  const auto from = all.begin() + kMostKept / 2;
  all.erase(from, from + static_cast<std::ptrdiff_t>(left_out));
  return left_out;
}

// When a line was written, the timeline says.
std::vector<ErrorLine> error_log_of(const Outcome& outcome) {
  std::vector<ErrorLine> lines;
  auto fact = outcome.timeline.begin();
  for (const LogLine& line : outcome.error_log) {
    fact = std::find_if(fact, outcome.timeline.end(),
                        [](const Fact& f) { return f.who == "error.log"; });
    const bool found = fact != outcome.timeline.end();
    lines.push_back({found ? fact++->at : net::TimePoint(), line.level, line.message});
  }
  return lines;
}

std::vector<Response> without_bodies(std::vector<Response> responses) {
  for (Response& response : responses)
    response.body.clear();
  return responses;
}

void cut(Case& one) {
  one.left_out = {.timeline = cut_middle(one.timeline),
                  .responses = cut_middle(one.responses),
                  .access = cut_middle(one.access),
                  .error_log = cut_middle(one.error_log)};
  for (BackendSeen& backend : one.backends) {
    cut_middle(backend.receipt);
    cut_middle(backend.log);
  }
}

}  // namespace

Case case_of(const Scenario& scenario, const Verdict& verdict) {
  const Outcome& outcome = verdict.outcome;
  Case one;
  one.name = verdict.name;
  one.scenario = scenario.name.substr(0, scenario.name.find(':'));
  one.remedy = scenario.remedy;
  one.remedy_helps = scenario.remedy_helps;
  one.title = verdict.title;
  one.cause = scenario.cause;
  one.rows = scenario.rows;
  one.tags = scenario.tags;
  one.file = scenario.file;
  one.line = scenario.position.line;
  one.state = verdict.state;
  one.reason = verdict.reason;
  one.mismatches = verdict.mismatches;
  one.expectations = verdict.expectations;
  one.hash = verdict.hash;
  one.wall = verdict.wall;
  one.modelled = outcome.modelled;
  one.explanation = scenario.explanation;
  one.responses = without_bodies(outcome.responses);
  one.access = outcome.access;
  one.error_log = error_log_of(outcome);
  one.backends = outcome.backends;
  one.timeline = steps_of(outcome.timeline);
  if (scenario.load) one.load = summary_of_load(outcome);
  cut(one);
  return one;
}

Totals totals(const RunReport& report) {
  Totals all;
  for (const Case& one : report.cases) {
    ++(one.remedy.empty() ? all.scenarios : all.remedies);
    ++all.by_state.at(static_cast<std::size_t>(one.state));
    all.expectations += one.expectations;
  }
  return all;
}

}  // namespace badgate::harness::reports
