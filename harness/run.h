// Run: one scenario, from its plain data to its Outcome. Nothing of it stays behind.
#pragma once

#include <cstdint>

#include "harness/outcome.h"
#include "harness/scenario.h"

namespace badgate::harness {

struct RunOptions {
  std::uint64_t seed = 1;
  bool real_clock = false;
  // Becomes readable when the run is to be broken off (a signal); -1: nothing does.
  int interrupt_fd = -1;
};

Outcome run(const Scenario& scenario, const RunOptions& options);

}  // namespace badgate::harness
