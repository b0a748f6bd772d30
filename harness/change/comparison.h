// Comparison: two sets of settings, each laid over the same scenarios, and what differs between
// them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/change/difference.h"
#include "harness/change/setting.h"
#include "harness/scenario.h"
#include "net/result.h"

namespace badgate::harness::change {

// A directive that is not the same in both.
struct ChangedSetting {
  std::string name;
  std::string before;
  std::string after;
  std::string where;  // "new.conf:14"; empty: the command line
};

struct Comparison {
  std::vector<std::string> locations;  // that it is about, all alike; empty: of `--set` alone
  bool in_common = false;              // played with what they have in common; one alone may differ
  std::vector<ChangedSetting> changed;
  // Whom its locations pass to; scenarios of others do not concern them. Nothing: anybody.
  std::optional<bool> fastcgi;
  std::vector<Setting> before;
  std::vector<Setting> after;
  std::vector<ScenarioDifference> differences;  // one for each scenario, once played
};

struct PlayOptions {
  std::uint64_t seed = 1;
  unsigned jobs = 1;
  // Called now and then with how many of all runs are done.
  std::function<void(std::size_t done, std::size_t all)> on_progress;
};

// Plays every scenario twice for each comparison, on badgate's own proxy. The Error is
// kInterrupted, or that of a worker.
net::Result<void> play(const std::vector<Scenario>& scenarios, const PlayOptions& options,
                       std::vector<Comparison>& comparisons);

// One scenario under `settings`; skipped, if nginx would refuse them with its own.
Seen play_under(Scenario scenario, const std::vector<Setting>& settings, std::uint64_t seed,
                int interrupt_fd);

struct Summary {
  std::size_t better = 0;
  std::size_t worse = 0;
  std::size_t other = 0;
  std::size_t unchanged = 0;
  std::size_t not_played = 0;
  std::size_t broken = 0;  // of those
};
Summary summary_of(const std::vector<Comparison>& comparisons);

}  // namespace badgate::harness::change
