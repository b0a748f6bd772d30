// Judge: compares a scenario's expectations with the outcome of its run. Pure: no sockets, no time.
#pragma once

#include "harness/verdict.h"

namespace badgate::harness {

// How far a single expected time ("60s") may be missed. Ranges are taken as they are written.
struct Tolerance {
  net::Duration early{};
  net::Duration late{};

  static Tolerance virtual_clock();
  // Machines are noisy, and nginx's own timers may be late by 300 ms.
  static Tolerance real_clock();
};

Verdict judge(const Scenario& scenario, Outcome outcome, Tolerance tolerance);

}  // namespace badgate::harness
