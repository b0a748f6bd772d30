// The reports of `badgate explain` for programs.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "harness/diagnosis/digest.h"
#include "harness/scenario.h"

namespace badgate::harness::diagnosis {

// Both end with a newline. Bytes that are not UTF-8 are replaced.
std::string line_json(std::string_view line, const evidence::Evidence& evidence,
                      const Diagnosis& diagnosis, std::span<const Scenario> catalogue);
std::string summary_json(const Summary& summary);

}  // namespace badgate::harness::diagnosis
