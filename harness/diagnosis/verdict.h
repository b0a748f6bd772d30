// Verdict: the rule that fits a line and the hints that hold, as a small value. A log of gigabytes
// has few of them; what they mean is worked out once for each.
#pragma once

#include <cstdint>

#include "harness/diagnosis/diagnose.h"
#include "harness/diagnosis/rules.h"

namespace badgate::harness::diagnosis {

struct Verdict {
  const Rule* rule = nullptr;  // null: the line speaks of no failure that badgate knows
  std::uint64_t hints = 0;     // one bit for each of hints(), in their order

  bool operator==(const Verdict&) const = default;
};

Verdict verdict_of(const Case& c);

// The hints that hold by the log around a line alone, to be added to those of the line.
std::uint64_t hints_of(const Context& log);

Diagnosis diagnosis_of(const Verdict& verdict);

}  // namespace badgate::harness::diagnosis
