// Kinds: the locations that pass requests on, those that fail alike together, and what is played
// against each kind.
#pragma once

#include <string>
#include <vector>

#include "harness/audit/audit.h"

namespace badgate::harness::audit {

std::vector<LocationKind> kinds_of(const nginx_conf::Site& site);

// One run, and what it is for.
struct Planned {
  std::size_t kind = 0;
  std::string_view fault;
  Whom whom = Whom::first;
  std::string method;
  std::size_t counted = 0;  // which of the requests is the one that is looked at
  std::string text;         // the scenario
};

// Every fault that suits, at the first server and at all of them, with GET and POST; and what takes
// more than one request or server: "stuck-once", "crash-once", "backup". `every`: other_faults(),
// too.
std::vector<Planned> plan(const std::vector<LocationKind>& kinds, bool every);

// What came of them, into the kinds' exposures.
void take_in(const std::vector<Planned>& planned, const std::vector<Played>& seen,
             std::vector<LocationKind>& kinds);

}  // namespace badgate::harness::audit
