#include "harness/change/comparison.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "harness/change/seen.h"
#include "harness/run.h"
#include "harness/scenario_needs.h"
#include "harness/workers.h"

namespace badgate::harness::change {
namespace {

using namespace std::chrono_literals;

// Whoever waits longer than in the catalogue must not run into its limit.
constexpr net::Duration kLimit = 24h;
constexpr std::size_t kProgressStep = 100;  // runs

// What one task plays: comparison, scenario, and before or after.
struct Part {
  std::size_t comparison;
  std::size_t scenario;
  bool after;
};

Part part_of(std::size_t task, std::size_t scenarios) {
  return {task / 2 / scenarios, task / 2 % scenarios, task % 2 == 1};
}

bool speaks_fastcgi(const Scenario& scenario) {
  const auto passes = [](const proxy::Location& location) {
    return !location.fastcgi_pass.empty();
  };
  return passes(scenario.proxy) || std::ranges::any_of(scenario.proxy.locations, passes);
}

Seen died(std::string how) {
  Seen seen;
  seen.broken = "the process that played it " + std::move(how);
  return seen;
}

Seen received(const std::string& result, std::string how_died) {
  if (!how_died.empty()) return died(std::move(how_died));
  auto seen = seen_from_json(result);
  if (seen) return std::move(*seen);
  Seen odd;
  odd.broken = seen.error().message;
  return odd;
}

}  // namespace

Seen play_under(Scenario scenario, const std::vector<Setting>& settings, std::uint64_t seed,
                int interrupt_fd) {
  lay_over(scenario, settings);
  scenario.limit = std::max(scenario.limit, kLimit);
  if (!scenario.expect.start_error) {
    if (const auto words = contradiction_in(scenario); !words.empty()) {
      Seen seen;
      seen.skipped = "with the scenario's own settings nginx refuses: " + words;
      return seen;
    }
  }
  RunOptions options;
  options.seed = seed;
  options.interrupt_fd = interrupt_fd;
  options.programs = false;
  return seen_in(scenario, run(scenario, options));
}

net::Result<void> play(const std::vector<Scenario>& scenarios, const PlayOptions& options,
                       std::vector<Comparison>& comparisons) {
  const auto concerned = [&](const Part& part) {
    const auto& fastcgi = comparisons[part.comparison].fastcgi;
    const auto& scenario = scenarios[part.scenario];
    return !fastcgi || *fastcgi == speaks_fastcgi(scenario);
  };
  std::vector<bool> alone;
  for (const Scenario& scenario : scenarios)
    alone.push_back(needs_own_process(scenario));
  Workers workers;
  workers.jobs = options.jobs;
  workers.tasks = comparisons.size() * scenarios.size() * 2;
  workers.work = [&](std::size_t task, int interrupt_fd) {
    const Part part = part_of(task, scenarios.size());
    const Comparison& comparison = comparisons[part.comparison];
    if (!concerned(part)) return to_json(Seen());
    return to_json(play_under(scenarios[part.scenario],
                              part.after ? comparison.after : comparison.before, options.seed,
                              interrupt_fd));
  };
  workers.alone = [&](std::size_t task) { return alone[part_of(task, scenarios.size()).scenario]; };
  std::vector<std::optional<Seen>> seen(workers.tasks);
  std::size_t done = 0;
  workers.on_result = [&](std::size_t task, std::string result, std::string how_died) {
    seen[task] = received(result, std::move(how_died));
    if (options.on_progress && ++done % kProgressStep == 0)
      options.on_progress(done, workers.tasks);
    auto& other = seen[task ^ 1U];
    if (!other) return true;
    const Part part = part_of(task, scenarios.size());
    auto& before = part.after ? *other : *seen[task];
    auto& after = part.after ? *seen[task] : *other;
    auto& differences = comparisons[part.comparison].differences;
    differences.resize(scenarios.size());
    differences[part.scenario] = difference_of(scenarios[part.scenario], before, after);
    differences[part.scenario].concerned = concerned(part);
    before = {};
    after = {};
    return true;
  };
  return run_workers(workers);
}

Summary summary_of(const std::vector<Comparison>& comparisons) {
  Summary summary;
  for (const Comparison& comparison : comparisons) {
    for (const ScenarioDifference& difference : comparison.differences) {
      if (!difference.concerned) continue;
      if (!difference.broken.empty()) ++summary.broken;
      if (!difference.not_played.empty()) {
        ++summary.not_played;
        continue;
      }
      switch (difference.judgement) {
        case Judgement::unchanged:
          ++summary.unchanged;
          break;
        case Judgement::other:
          ++summary.other;
          break;
        case Judgement::better:
          ++summary.better;
          break;
        case Judgement::worse:
          ++summary.worse;
          break;
      }
    }
  }
  return summary;
}

}  // namespace badgate::harness::change
