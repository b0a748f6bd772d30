// What the shipped catalogue asks of a scenario beyond being right: that it explains its cause to
// people, lies in the folder of that cause, has a remedy, says what each remedy is, and expects
// more than a status.
#pragma once

#include <span>
#include <vector>

#include "harness/diagnostics.h"
#include "harness/scenario.h"

namespace badgate::harness {

// Empty: every scenario is fit for the catalogue. `scenarios` are as `load` gives them.
std::vector<Diagnostic> check_catalogue(std::span<const Scenario> scenarios);

}  // namespace badgate::harness
