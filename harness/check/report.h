// A check's report, as people read it and as scripts do.
#pragma once

#include <string>

#include "harness/check/check.h"

namespace badgate::harness::check {

// One line an upstream, what is wrong below it. `verbose`: notes, too. Ends with a newline.
std::string to_text(const Report& report, bool colour, bool verbose);
// One JSON object on several lines, with a newline.
std::string to_json(const Report& report);

}  // namespace badgate::harness::check
