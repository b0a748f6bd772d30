// Expectations: what a run came to, as the keys of a scenario file that expect just that.
#pragma once

#include <optional>
#include <string>

#include "harness/load/document.h"
#include "harness/reproduce/play.h"

namespace badgate::harness::reproduce {

// How the last request ended; of one whose client left nothing can be expected but the logs.
Ended last_of(const Played& played);

// Keys of `expect` of the last request: status, elapsed.
Node expected_of(const Ended& ended);

// The message of an error line as `error_log_contains` has it; without what is another in each run.
std::string expected_line(const Logged& line);

// Whether a line of level error or above was logged.
bool has_failures(const Played& played);

}  // namespace badgate::harness::reproduce
