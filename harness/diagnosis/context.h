// Context: what else the log says that bears on one line of it. Empty for a line that stands alone.
#pragma once

#include "harness/evidence/evidence.h"

namespace badgate::harness::diagnosis {

struct Context {
  // Of the same upstream server.
  bool upstream_answered = false;  // it has answered other requests
  bool quiet_before = false;       // … at once, and nobody has asked it for a minute or longer
  bool upstream_refused = false;   // connections to it were refused in the last seconds
  bool many_at_once = false;       // several such lines of it in the same second
  bool both_ends = false;          // 502 and 504 after the same time

  // What the servers did that are now all out, or the one that is marked as failed.
  bool stale_before = false;       // they closed kept connections, several at the same moment
  bool too_big_before = false;     // "upstream sent too big header"
  bool slow_before = false;        // they timed out
  bool refused_before = false;     // they refused connections
  bool own_status_before = false;  // they answered an error that counts as a failure (http_503)
  bool alone = false;              // nothing: no line says why

  // PHP-FPM has said …
  bool children_busy = false;  // that pm.max_children was reached
  bool script_ended = false;   // that it ended a script that took too long
  bool child_died = false;     // that a child exited on a signal

  // The resolver has said …
  bool resolver_refused = false;  // that nothing listens at the name server
  bool wrong_ident = false;       // that answers to other questions came
  bool short_answer = false;      // that an answer was cut off
  bool format_error = false;      // that the name server did not understand

  bool operator==(const Context&) const = default;
};

// One line, with what is known beside it.
struct Case {
  const evidence::Evidence& line;
  const Context& log;
};

}  // namespace badgate::harness::diagnosis
