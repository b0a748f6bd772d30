// Explain: a scenario's cause in words, as `badgate show` and docs/causes.md tell it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "harness/scenario.h"

namespace badgate::harness {

// One scenario and its remedies, for a terminal.
std::string explain(const Scenario& scenario, std::span<const Scenario> remedies);

// docs/causes.md: the whole catalogue, one section a cause.
std::string causes_markdown(std::span<const Scenario> catalogue);

}  // namespace badgate::harness
