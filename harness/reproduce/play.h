// Play: one scenario is run, in a process of its own where it needs one, and what it said comes
// back: the lines as the proxy wrote them, and how requests ended.
#pragma once

#include <string>
#include <vector>

#include "harness/evidence/evidence.h"
#include "harness/run.h"
#include "harness/scenario.h"
#include "net/time.h"

namespace badgate::harness::reproduce {

struct Ended {
  std::string request;  // its name
  int status = 0;       // as the client saw it; 0: it saw none
  bool whole = false;
  bool left = false;  // the client itself left
  net::Duration elapsed{};
};

struct Logged {
  std::string written;  // by an error log: as it was; by an access log: HAProxy's own line
  std::string message;  // of an error log, with stable names for addresses
  std::string level;
};

struct Played {
  std::vector<Logged> error_log;
  std::vector<Logged> access_log;
  std::vector<Ended> responses;
  std::string cell;                     // as `on.haproxy` has it: "503 3s SC--"
  std::vector<std::string> mismatches;  // expectations of the scenario that were not met
  std::string start_error;              // the proxy refused to start, with these words
  std::string problem;                  // it could not be run, or badgate failed; empty: neither
  bool interrupted = false;
};

// The lines of that log.
const std::vector<Logged>& log_of(const Played& played, evidence::Source source);

Played play(const Scenario& scenario, const RunOptions& options);

}  // namespace badgate::harness::reproduce
