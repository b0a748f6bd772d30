// A Verdict as JSON: what workers send to their parent.
#pragma once

#include <string>
#include <string_view>

#include "harness/verdict.h"
#include "net/result.h"

namespace badgate::harness {

// Without the timeline where nobody will look at it: that of a load has thousands of lines.
std::string to_json(const Verdict& verdict, bool with_timeline);
net::Result<Verdict> verdict_from_json(std::string_view json);

}  // namespace badgate::harness
