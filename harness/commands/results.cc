#include "harness/commands/results.h"

#include <algorithm>

#include "harness/reports/case_text.h"
#include "harness/run.h"

namespace badgate::harness::commands {
namespace {

using State = Verdict::State;

constexpr std::size_t kMostSeeds = 20;

int badness(State state) {
  switch (state) {
    case State::broken:
      return 3;
    case State::failed:
      return 2;
    case State::passed:
      return 1;
    case State::skipped:
      return 0;
  }
  return 0;
}

std::size_t& count_of(State state, reports::Repeats& tally) {
  switch (state) {
    case State::broken:
      return tally.broken;
    case State::failed:
      return tally.failed;
    case State::skipped:
      return tally.skipped;
    case State::passed:
      break;
  }
  return tally.passed;
}

void count(State state, std::uint64_t seed, reports::Repeats& tally) {
  ++tally.runs;
  ++count_of(state, tally);
  if ((state == State::failed || state == State::broken) && tally.bad_seeds.size() < kMostSeeds)
    tally.bad_seeds.push_back(seed);
}

}  // namespace

Results::Results(reports::Terminal& terminal, std::span<const Scenario> scenarios,
                 std::size_t repeat, bool keep_cases)
    : terminal_(terminal), scenarios_(scenarios), repeat_(repeat), keep_cases_(keep_cases) {}

void Results::add(std::size_t scenario, std::size_t number, std::uint64_t seed, Played played) {
  const State state = played.verdict.state;
  if (played.verdict.reason == kInterrupted) return;
  failed_ |= state == State::failed;
  badgate_failed_ |= state == State::broken;
  Runs& runs = waiting_[scenario];
  const int before = runs.tally.runs == 0 ? -1 : badness(runs.worst.verdict.state);
  if (badness(state) > before || (badness(state) == before && number < runs.number)) {
    runs.worst = std::move(played);
    runs.number = number;
  }
  count(state, seed, runs.tally);
  while (!waiting_.empty() && waiting_.begin()->first == next_ &&
         waiting_.begin()->second.tally.runs == repeat_)
    show_first();
}

void Results::flush() {
  while (!waiting_.empty())
    show_first();
}

void Results::show_first() {
  auto entry = waiting_.extract(waiting_.begin());
  next_ = entry.key() + 1;
  ++shown_;
  Runs& runs = entry.mapped();
  std::ranges::sort(runs.tally.bad_seeds);
  const bool repeated = repeat_ > 1;
  terminal_.add(runs.worst.verdict, repeated ? reports::rates(runs.tally) : std::string());
  if (!keep_cases_) return;
  // A worker that died has sent none.
  auto one = runs.worst.in_reports ? std::move(*runs.worst.in_reports)
                                   : reports::case_of(scenarios_[entry.key()], runs.worst.verdict);
  if (repeated) one.repeats = runs.tally;
  cases_.emplace(entry.key(), std::move(one));
}

reports::Case Results::not_run(const Scenario& scenario, const std::string& why,
                               bool as_it_should_be) {
  Verdict verdict = broken(scenario, std::string(kNotRun) + why);
  if (as_it_should_be) verdict.state = State::skipped;
  return reports::case_of(scenario, verdict);
}

std::vector<reports::Case> Results::take_cases(const std::string& why, bool as_it_should_be) {
  std::vector<reports::Case> all;
  for (std::size_t i = 0; i < scenarios_.size(); ++i) {
    const auto at = cases_.find(i);
    all.push_back(at == cases_.end() ? not_run(scenarios_[i], why, as_it_should_be)
                                     : std::move(at->second));
  }
  return all;
}

}  // namespace badgate::harness::commands
