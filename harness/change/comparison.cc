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

class Plays {
 public:
  Plays(const std::vector<Scenario>& scenarios, const PlayOptions& options,
        std::vector<Comparison>& comparisons)
      : scenarios_(scenarios),
        options_(options),
        comparisons_(comparisons),
        seen_(comparisons.size() * scenarios.size() * 2) {}

  net::Result<void> run() {
    std::vector<bool> alone;
    for (const Scenario& scenario : scenarios_)
      alone.push_back(needs_own_process(scenario));
    Workers workers;
    workers.jobs = options_.jobs;
    workers.tasks = seen_.size();
    workers.work = [this](std::size_t task, int interrupt_fd) {
      return play(part_of(task, scenarios_.size()), interrupt_fd);
    };
    workers.alone = [&](std::size_t task) {
      return alone[part_of(task, scenarios_.size()).scenario];
    };
    workers.on_result = [this](std::size_t task, const std::string& result, std::string how_died) {
      seen_[task] = received(result, std::move(how_died));
      if (options_.on_progress && ++done_ % kProgressStep == 0)
        options_.on_progress(done_, seen_.size());
      if (seen_[task ^ 1U]) compare(task);
      return true;
    };
    return run_workers(workers);
  }

 private:
  bool concerned(const Part& part) const {
    const auto& fastcgi = comparisons_[part.comparison].fastcgi;
    return !fastcgi || *fastcgi == speaks_fastcgi(scenarios_[part.scenario]);
  }

  std::string play(const Part& part, int interrupt_fd) const {
    const Comparison& comparison = comparisons_[part.comparison];
    if (!concerned(part)) return to_json(Seen());
    return to_json(play_under(scenarios_[part.scenario],
                              part.after ? comparison.after : comparison.before, options_.seed,
                              interrupt_fd));
  }

  // Both of the scenario have been played.
  void compare(std::size_t task) {
    const Part part = part_of(task, scenarios_.size());
    const auto first = task & ~std::size_t{1};
    auto& differences = comparisons_[part.comparison].differences;
    differences.resize(scenarios_.size());
    auto& difference = differences[part.scenario];
    difference = difference_of(scenarios_[part.scenario], *seen_[first], *seen_[first + 1]);
    difference.concerned = concerned(part);
    *seen_[first] = {};
    *seen_[first + 1] = {};
  }

  const std::vector<Scenario>& scenarios_;
  const PlayOptions& options_;
  std::vector<Comparison>& comparisons_;
  std::vector<std::optional<Seen>> seen_;  // by task
  std::size_t done_ = 0;
};

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
  Plays plays(scenarios, options, comparisons);
  return plays.run();
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
