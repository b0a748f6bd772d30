// Incidents: what a seed offers, what an operator sees of one, and what a fix makes of it. They are
// TOML files in harness/lab/incidents/, inside the binary.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/diagnostics.h"
#include "harness/lab/incident.h"
#include "harness/outcome.h"
#include "net/result.h"

namespace badgate::harness::lab {

// Some of all that there are, the easy ones first; the same for everybody who has the seed.
std::vector<IncidentOffer> incidents_of(std::uint64_t seed);
// Also one that the seed does not deal out. The Error: this seed gives nothing that id.
net::Result<Incident> incident(std::uint64_t seed, std::string_view id);

// By the incident's seed: which wrong causes and fixes are offered, and in which order.
void deal(Incident& incident);
// The same number of each level.
std::vector<IncidentOffer> deal(std::vector<IncidentOffer> offers);

inline constexpr std::size_t kMaxSends = 50;

// The scenario file of what has happened, then of the requests that were sent (ids of
// `incident.requests`), one after the other, five seconds apart. With `fix`, everything happens
// with that fix in place from the beginning. The Error: ids that the incident has not.
net::Result<std::string> compose(const Incident& incident, const std::vector<std::string>& sends,
                                 std::string_view fix = {});

// What an operator sees of a play, with addresses as of a real site: of the logs what was written
// at `since` or later. Before `incident.now` nothing is sent, and from then on nothing comes that
// was not sent.
struct OperatorView {
  std::vector<Response> responses;  // to what the operator sent, in that order
  std::vector<std::string> error_log;
  std::vector<std::string> access;
};
OperatorView operator_view(const Incident& incident, const Outcome& outcome,
                           net::TimePoint since = {});

// Of the names of requests that the operator sent; and of users, whose being served counts.
inline constexpr std::string_view kSentPrefix = "sent ";
inline constexpr std::string_view kUserPrefix = "user";

// Opaque, and the same for everybody who has the seed.
std::string id_of_incident(std::uint64_t seed, std::string_view name);

// One of all the causes that incidents have; null: none is called so.
const IncidentCause* find_cause(std::string_view id);

// What hint `number`, from 1, costs; more for plainer ones.
unsigned cost_of_hint(unsigned number);

// A template's file, with the names and numbers of the seed, and all of its causes and fixes.
struct ReadIncident {
  Incident incident;
  std::size_t circumstances = 0;        // how many sets of numbers it has
  std::size_t circumstance = 0;         // which of them the seed has chosen
  std::vector<Diagnostic> diagnostics;  // empty: the template is in order
};
ReadIncident read_incident(std::string_view text, const std::string& name, const std::string& file,
                           std::uint64_t seed);

}  // namespace badgate::harness::lab
