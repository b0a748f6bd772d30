// Sweep report: what a sweep has found, as a table, as JSON, and as a picture.
#pragma once

#include <string>

#include "harness/change/sweep.h"
#include "harness/scenario.h"

namespace badgate::harness::change {

// A line for each value, and the thresholds in words. `colour`: for a terminal.
std::string to_text(const Scenario& scenario, const Sweep& sweep, bool colour);

// `{"scenario": …, "vary": …, "points": […], "thresholds": […]}`; times in seconds.
std::string to_json(const Scenario& scenario, const Sweep& sweep);

// An SVG that needs nothing else: how long answers took over the value, and which they were, by
// colour, shape and name; legible on light and on dark.
std::string to_svg(const Scenario& scenario, const Sweep& sweep);

// "below 1m15s 504, from there on 200"
std::string to_text(const Threshold& threshold, Unit unit);

}  // namespace badgate::harness::change
