// Limits: lines that badgate does not make, and why.
#pragma once

#include <string_view>

#include "harness/evidence/evidence.h"

namespace badgate::harness::reproduce {

// In a sentence; empty: no reason is known.
std::string_view why_not(const evidence::Evidence& line);

}  // namespace badgate::harness::reproduce
