// Sweep: one scenario under many values of one thing, and the values at which its outcome changes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/change/quantity.h"
#include "harness/change/seen.h"
#include "harness/change/varied.h"
#include "harness/scenario.h"
#include "net/result.h"

namespace badgate::harness::change {

struct SweepPoint {
  Value value;
  Seen seen;  // skipped: the value is refused, or it cannot be played here
};

// Up to `below` it comes to the one thing, from `from` on to the other; between them there is no
// value.
struct Threshold {
  SweepPoint below;
  SweepPoint from;
};

struct Sweep {
  std::string name;  // "proxy_read_timeout"
  Unit unit = Unit::number;
  bool logarithmic = false;
  std::string own_value;  // what the scenario has; empty: it does not say
  std::optional<std::int64_t> own_amount;
  std::vector<SweepPoint> points;
  std::vector<Threshold> thresholds;
  // Its outcome changes so often that not all of the changes were looked for.
  bool more_thresholds = false;
};

struct SweepOptions {
  std::uint64_t seed = 1;
  unsigned jobs = 1;
};

// Plays `sweep.points`, whose values are given, and finds the thresholds between them by bisection:
// times to a millisecond, sizes to a byte. The Error is kInterrupted, or that of a worker.
net::Result<void> play(const Varied& varied, const SweepOptions& options, Sweep& sweep);

// By how much two values differ at least: some times are counted in whole seconds.
std::int64_t finest_step(const Varied& varied, Unit unit, const Value& value);

// "504", "200 ×3, 502": what it comes to, without how long it takes. Thresholds are where that
// changes; of many answers kinds of which there is less than one in a hundred do not count.
std::string outcome_text(const Seen& seen);

}  // namespace badgate::harness::change
