// An incident, played: what an operator sees of it, and what an answer makes of it. It runs in a
// child (jobs.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/lab/http.h"
#include "harness/lab/score.h"

namespace badgate::harness::lab {

// What whoever is on call finds: prompt, complaints, logs and configuration, and what can be
// chosen.
HttpAnswer show_incident(std::uint64_t seed, const std::string& id, int interrupt_fd);
// What comes of the requests that were sent, all of them from the beginning: what an operator sees,
// without what was there before.
HttpAnswer send_in_incident(std::uint64_t seed, const std::string& id,
                            const std::vector<std::string>& sends, int interrupt_fd);
// Whether users are served again, the score, and how it really was.
HttpAnswer answer_incident(std::uint64_t seed, const std::string& id, const Answer& answer,
                           int interrupt_fd);

}  // namespace badgate::harness::lab
