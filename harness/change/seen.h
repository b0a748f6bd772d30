// Seen: of a run's outcome what counts for users, in the little that workers send.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/change/harm.h"
#include "harness/outcome.h"
#include "harness/scenario.h"
#include "net/result.h"

namespace badgate::harness::change {

struct Seen {
  std::vector<Answer> answers;
  std::uint64_t executed = 0;  // requests that servers of the proxy's groups acted on
  bool real_clock = false;
  std::string start_error;  // the proxy refuses its configuration
  std::string skipped;      // why it was not played
  std::string broken;       // badgate itself failed
};

Seen seen_in(const Scenario& scenario, const Outcome& outcome);

std::string to_json(const Seen& seen);
net::Result<Seen> seen_from_json(std::string_view json);

}  // namespace badgate::harness::change
