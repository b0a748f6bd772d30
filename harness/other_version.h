// What a scenario's expectations are worth on another version of nginx than the one it tells of.
#pragma once

#include <cstdint>
#include <string>

#include "harness/scenario.h"

namespace badgate::harness {

// The scenario as one that tells of nginx `version`.
Scenario as_version(Scenario scenario, const std::string& version);

// Why they cannot be met by nginx `version`: badgate's own proxy meets them as the version that the
// scenario tells of, and does not as that one. Empty: this is no matter of versions.
std::string tells_of_another_version(const Scenario& scenario, const std::string& version,
                                     std::uint64_t seed);

}  // namespace badgate::harness
