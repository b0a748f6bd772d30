// A Comparison as JSON: what workers send to their parent.
#pragma once

#include <string>
#include <string_view>

#include "harness/fidelity/compare.h"
#include "net/result.h"

namespace badgate::harness::fidelity {

std::string to_json(const Comparison& comparison);
net::Result<Comparison> comparison_from_json(std::string_view json);

}  // namespace badgate::harness::fidelity
