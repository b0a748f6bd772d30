// Judge: compares a scenario's expectations with the outcome of its run. Pure: no sockets, no time.
#pragma once

#include "harness/verdict.h"

namespace badgate::harness {

// How far a single expected time ("60s") may be missed.
struct Tolerance {
  net::Duration early{};
  net::Duration late{};
  bool ranges = false;  // also the ends of a range of times; otherwise it is taken as written

  static Tolerance virtual_clock();
  // Machines are noisy, nginx's own timers may be 300 ms off (NGX_TIMER_LAZY_DELAY), and what
  // begins late is cut short by what happens at a fixed time.
  static Tolerance real_clock();
};

Verdict judge(const Scenario& scenario, Outcome outcome, Tolerance tolerance);

// The same for a proxy that is not nginx: by what the scenario expects `on` it, which is all that
// is judged. A scenario that expects nothing on it is skipped.
Verdict judge_on(const Scenario& scenario, Outcome outcome, const std::string& proxy);

}  // namespace badgate::harness
