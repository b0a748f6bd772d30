// Proof: the scenario of a finding: what users see, and as a remedy what they see with the fixes.
#pragma once

#include <string>

#include "harness/audit/audit.h"

namespace badgate::harness::audit {

// The location's skeleton with the finding's fixes; its prose cannot be applied.
nginx_conf::Skeleton with_fixes(nginx_conf::Skeleton skeleton, const Finding& finding);
bool can_be_applied(const Finding& finding);

// Plays each finding that has a trial, with its fixes too, and fills in before, after and scenario.
// Returns how many runs it took.
net::Result<std::size_t> prove(const nginx_conf::Site& site, std::vector<Finding>& findings,
                               const PlayTrials& options);

}  // namespace badgate::harness::audit
