// Surroundings: what the lines before one say of it, in bounded memory. Which failures are mere
// consequences of others is found here.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "harness/diagnosis/context.h"
#include "harness/diagnosis/event.h"
#include "harness/diagnosis/slots.h"
#include "harness/diagnosis/verdicts.h"

namespace badgate::harness::diagnosis {

class Surroundings {
 public:
  // `verdicts` must outlive it.
  explicit Surroundings(Verdicts& verdicts) : verdicts_(verdicts) {}

  struct Seen {
    Context log;
    Verdict root;  // of which the event is a consequence; none: of nothing that is known
  };
  // In the order of the log.
  Seen look_at(const Event& event);

  // Whether the line beside a "temporarily disabled" has come already. If not, it is the next one
  // of its connection, or there is none.
  bool has_partner(const Event& disabled) const;

 private:
  struct Failure {
    Verdict verdict;
    Role role = Role::plain;
    std::int64_t second = 0;
    std::uint64_t connection = 0;  // hashes
    std::uint64_t upstream = 0;
    bool several = false;  // several servers failed it in the same request
  };
  struct Upstream {
    std::int64_t refused = 0;  // when
    std::int64_t died = 0;
    unsigned died_together = 0;  // how many in that second
    std::int64_t asked = 0;      // when somebody last had an answer of it, or none
    bool answered = false;
    bool answered_at_once = false;
  };
  struct Path {
    std::optional<net::Duration> died_after;
    std::optional<net::Duration> timed_out_after;
  };

  void remember(const Event& event, Role role);
  void note(Role role, std::int64_t second);
  bool noted(Role role, std::int64_t second) const;
  Seen of_group(const Event& event);
  Context of_server(const Event& event, Role role);

  Verdicts& verdicts_;
  Slots<Upstream, 4096> upstreams_;
  Slots<Path, 4096> paths_;
  Slots<Failure, 1024> failures_;         // the last one of each virtual server
  Failure last_;                          // of all
  std::array<std::int64_t, 32> noted_{};  // when a line of each role came last
};

}  // namespace badgate::harness::diagnosis
