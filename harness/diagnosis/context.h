// Context: what else the log says that bears on one line of it. Empty for a line that stands alone.
#pragma once

#include <string_view>

#include "harness/evidence/evidence.h"

namespace badgate::harness::diagnosis {

struct Context {
  bool upstream_answered = false;  // this upstream has answered other requests
  bool upstream_refused = false;   // connections to it were refused within seconds of this line
  bool many_at_once = false;       // several such lines of this upstream in the same second
  bool both_ends = false;          // 502 and 504 of the same path after the same time
  bool stale_before = false;       // it died with kept connections shortly before
  bool too_big_before = false;     // "upstream sent too big header" shortly before
  bool slow_before = false;        // its servers timed out shortly before
  bool other_servers = false;      // other servers of the group answer, or are asked
  bool children_busy = false;      // PHP-FPM has said that pm.max_children was reached
  bool script_ended = false;       // … that it ended a script that took too long
  bool child_died = false;         // … that a child exited on a signal
};

// One line, with what is known beside it.
struct Case {
  const evidence::Evidence& line;
  const Context& log;
};

}  // namespace badgate::harness::diagnosis
