// Run: one scenario, from its plain data to its Outcome. Nothing of it stays behind.
#pragma once

#include <cstdint>
#include <string_view>

#include "harness/drivers/driver.h"
#include "harness/outcome.h"
#include "harness/scenario.h"

namespace badgate::harness {

// Which clock a run takes place on.
enum class ClockChoice {
  as_needed,  // the virtual one, unless the scenario needs real time
  virtual_clock,
  real_clock,
};

struct RunOptions {
  std::uint64_t seed = 1;
  ClockChoice clock = ClockChoice::as_needed;
  // Becomes readable when the run is to be broken off (a signal); -1: nothing does.
  int interrupt_fd = -1;
  // What is put under test, which must outlive the run (drivers/registry.h); null: badgate's own
  // proxy.
  const drivers::Driver* proxy = nullptr;
  // How much faster than real time the real clock runs; only for a proxy that can follow. What
  // needs the kernel's own time is run at 1.
  double time_scale = 1;
  // Whether real programs may be started as backends: each takes a moment to come up.
  bool programs = true;
  // See StageOptions.
  bool own_servers_only = false;
};

// What `Outcome::broken` says when `interrupt_fd` has ended a run.
inline constexpr std::string_view kInterrupted = "interrupted";

// A scenario that needs a network namespace changes its process for good: give it one of its own.
Outcome run(const Scenario& scenario, const RunOptions& options);

}  // namespace badgate::harness
