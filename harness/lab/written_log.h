// What of the error log an nginx would have written: the harness records it from `info` on, and
// error_log says from where on it counts.
#pragma once

#include <string>
#include <string_view>

#include "harness/load/document.h"
#include "harness/outcome.h"

namespace badgate::harness::lab {

// Whether a line of `level` is written where error_log has `least`.
bool is_written(std::string_view level, std::string_view least);

// The [proxy] error_log_level of a scenario; `otherwise` if it has none.
std::string least_level(const Node& scenario, std::string otherwise);

// Takes the other lines away, from the timeline as well.
void leave_written(Outcome& outcome, std::string_view least);

}  // namespace badgate::harness::lab
