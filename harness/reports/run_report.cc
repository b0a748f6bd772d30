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

// When the lines of a log were written, the timeline says, in their order.
class TimesOf {
 public:
  TimesOf(const Outcome& outcome, std::string_view log)
      : log_(log), fact_(outcome.timeline.begin()), end_(outcome.timeline.end()) {}

  net::TimePoint next() {
    fact_ = std::find_if(fact_, end_, [this](const Fact& fact) { return fact.who == log_; });
    return fact_ == end_ ? net::TimePoint() : fact_++->at;
  }

 private:
  std::string_view log_;
  std::vector<Fact>::const_iterator fact_;
  std::vector<Fact>::const_iterator end_;
};

std::vector<ErrorLine> error_log_of(const Outcome& outcome) {
  std::vector<ErrorLine> lines;
  TimesOf times(outcome, "error.log");
  for (const LogLine& line : outcome.error_log)
    lines.push_back({times.next(), line.level, line.message});
  return lines;
}

std::vector<AccessLine> access_of(const Outcome& outcome) {
  std::vector<AccessLine> lines;
  TimesOf times(outcome, "access.log");
  for (const AccessEntry& entry : outcome.access)
    lines.push_back({entry, times.next()});
  return lines;
}

// Whether faults of its own, or of events, are over by themselves.
bool faults_pass(const Scenario& scenario, const BackendSpec& spec) {
  auto faults = spec.settings.faults;
  for (const TimelineEvent& event : scenario.events) {
    if (event.backend == spec.name)
      faults.insert(faults.end(), event.faults.begin(), event.faults.end());
  }
  return !faults.empty() && std::ranges::all_of(faults, [](const fault_backends::Fault& fault) {
    return fault.schedule.times.has_value();
  });
}

std::vector<BackendLine> backends_of(const Scenario& scenario, const Outcome& outcome) {
  std::vector<BackendLine> lines;
  for (const BackendSeen& seen : outcome.backends) {
    BackendLine& line = lines.emplace_back(BackendLine{seen, std::nullopt, false});
    const auto spec = std::ranges::find(scenario.backends, seen.name, &BackendSpec::name);
    if (spec == scenario.backends.end()) continue;
    line.faults_pass = faults_pass(scenario, *spec);
    if (spec->upstream) line.fail_timeout = spec->server.fail_timeout;
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
  one.access = access_of(outcome);
  one.error_log = error_log_of(outcome);
  one.backends = backends_of(scenario, outcome);
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
