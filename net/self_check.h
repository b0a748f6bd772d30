// The self-check of the machine's loopback: whether what one socket does is seen by the other
// before the system call returns. The virtual clock stands on that: where a packet is still under
// way while every socket looks quiet, time would jump over it. Linux delivers at once unless it is
// told to hand packets to another CPU (receive packet steering on `lo`) or has put its network work
// off.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "net/result.h"

namespace badgate::net {

struct LoopbackCheck {
  // One thing that one side does and the other must see at once.
  struct Step {
    std::string_view name;  // "send", "connect", "FIN", "RST", "drain"
    unsigned tried = 0;
    unsigned late = 0;
  };
  enum Index { send, connect, fin, reset, drain, step_count };

  std::array<Step, step_count> steps{{{"send"}, {"connect"}, {"FIN"}, {"RST"}, {"drain"}}};

  bool settles_at_once() const;
  // For people: that all is well, or what was late, how often, and what to do.
  std::string to_string() const;
};

// Tries every step `trials` times over 127.0.0.1 and asks for readiness with no waiting. 50 trials
// take less than 10 ms on a machine that settles. A step that is late is waited for, up to 100 ms;
// the check ends after 100 of them or after one that never came. The Error names the system call
// that failed.
Result<LoopbackCheck> check_loopback(unsigned trials = 50);

}  // namespace badgate::net
