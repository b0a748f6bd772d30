// Score: what an answer to an incident is worth, and what its fix did for the users.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/lab/incident.h"
#include "harness/outcome.h"
#include "net/result.h"

namespace badgate::harness::lab {

struct Answer {
  std::vector<std::string> causes;  // ids
  std::string fix;                  // id; empty: none
  unsigned hints = 0;               // how many were asked for
  unsigned sent = 0;                // how many requests
};

struct Users {
  std::size_t served = 0;
  std::size_t of = 0;
};

// The users' own requests of a play, not what the operator sent: served is who got a whole answer
// below 400 and has not left before.
Users users_of(const Outcome& outcome);

struct Score {
  std::vector<std::string> causes_right;
  std::vector<std::string> causes_missed;
  std::vector<std::string> causes_wrong;
  bool fix_right = false;
  Users before;
  Users after;
  int points = 0;  // 0 … 100
};

// The Error names what the answer has and the incident has not.
net::Result<void> check(const Incident& incident, const Answer& answer);

// `before` is the play of the incident, `after` the one with the fix. Causes make 60 points, the
// fix 40; wrong causes, hints, and requests beyond the tenth cost some. The answer is checked.
Score score(const Incident& incident, const Answer& answer, const Outcome& before,
            const Outcome& after);

}  // namespace badgate::harness::lab
