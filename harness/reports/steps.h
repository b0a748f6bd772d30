// Steps: a timeline made fit to be drawn. Each fact gets a kind, and the lanes that it goes from
// and to.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/outcome.h"

namespace badgate::harness::reports {

enum class StepKind {
  connect,    // a SYN, or what a unix socket has in its place
  connected,  // the connection is there, or an old one is taken
  accept,
  request,
  response,
  data,
  fin,
  rst,
  drop,   // packets that vanish
  timer,  // a wait, a pace or a timeout
  retry,
  log,    // a line of a log
  event,  // something is done to a server or to the proxy: crash, heal, reload
  note,   // anything else
};
std::string_view to_string(StepKind kind);
std::optional<StepKind> step_kind(std::string_view word);

struct Step {
  net::TimePoint at;
  std::string who;   // as the fact says it: "client 2", "error.log"
  std::string what;  // as the fact says it
  StepKind kind = StepKind::note;
  // Lanes: "client" (all clients share one), "proxy", or a server's name. Equal where it stays
  // within one.
  std::string from;
  std::string to;

  bool operator==(const Step&) const = default;
};

// In the same order, one each.
std::vector<Step> steps_of(const std::vector<Fact>& timeline);

// Whether the words of the fact are known: what is not becomes a note.
bool is_known(const Fact& fact);

}  // namespace badgate::harness::reports
