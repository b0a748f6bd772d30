// Verdict: what became of one scenario. Plain data: reports see nothing else.
#pragma once

#include <string>
#include <vector>

#include "harness/outcome.h"
#include "harness/scenario.h"

namespace badgate::harness {

// One expectation that was not met.
struct Mismatch {
  Position position;
  std::string what;  // "status of request 1"
  std::string expected;
  std::string actual;
};

struct Verdict {
  enum class State { passed, failed, skipped, broken };
  State state = State::passed;
  std::string name;  // the scenario's
  std::string title;
  std::string file;
  std::string reason;  // why it was skipped, or how badgate itself failed
  std::vector<Mismatch> mismatches;
  std::size_t expectations = 0;  // how many were judged
  Outcome outcome;
  // Of the timeline: equal for equal stories. Empty: it took real time, which is never the same.
  std::string hash;
  net::Duration wall{};  // of real time that it took
};

std::string_view to_string(Verdict::State state);

}  // namespace badgate::harness
