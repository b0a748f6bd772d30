// Difference: what one change does to the users of one scenario. Pure: no sockets, no time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/change/harm.h"
#include "harness/change/seen.h"
#include "harness/scenario.h"

namespace badgate::harness::change {

// All answers to one [[request]] (it may be repeated), or to a load, the most harmful first.
struct RequestDifference {
  std::size_t request = 0;
  Judgement judgement = Judgement::unchanged;
  std::vector<Answer> before;
  std::vector<Answer> after;
};

struct ScenarioDifference {
  bool concerned = true;  // false: the location's servers speak another protocol
  // Why the two cannot be put side by side; then all below says nothing.
  std::string not_played;
  std::string broken;  // the same, and it is badgate's own failure

  Judgement judgement = Judgement::unchanged;
  Harm harm = Harm::good;  // the greatest that comes, goes or lasts longer
  std::vector<RequestDifference> requests;
  std::uint64_t executed_before = 0;
  std::uint64_t executed_after = 0;
  Judgement executions = Judgement::unchanged;
  bool may_be_repeated = true;  // all of its requests
  std::string refused_before;   // the proxy does not start, in its words
  std::string refused_after;
};

ScenarioDifference difference_of(const Scenario& scenario, const Seen& before, const Seen& after);

}  // namespace badgate::harness::change
