// Report: what differs between two sets of settings, for people and as JSON.
#pragma once

#include <string>
#include <vector>

#include "harness/change/comparison.h"

namespace badgate::harness::change {

struct ReportOptions {
  bool all = false;                  // also what is unchanged, and what was not played
  bool colour = false;               // for a terminal
  std::vector<std::string> notes{};  // what could not be compared
};

std::string to_text(const std::vector<Scenario>& scenarios,
                    const std::vector<Comparison>& comparisons, const ReportOptions& options);
// `{"comparisons": [{"changed": […], "scenarios": […]}], "notes": […], "summary": {…}}`.
std::string to_json(const std::vector<Scenario>& scenarios,
                    const std::vector<Comparison>& comparisons, const ReportOptions& options);

// Answers that are alike but for their times, in the order in which the first of each comes.
struct Kind {
  Answer first;
  std::size_t times = 0;
  unsigned tries = 0;
  net::Duration shortest{};
  net::Duration longest{};
};
std::vector<Kind> kinds_of(const std::vector<Answer>& answers);

// "never", "once", "twice", "3 times".
std::string how_often(std::uint64_t times);

// "504", "200 cut", "no answer", "left": one answer, without how long it took.
std::string what(const Answer& answer);

// "200 50s", "504 1m, 2 tries", "200 ×3, 502": all answers of one request. `others` are those
// beside which it is shown: what is equal in both is left out.
std::string to_text(const std::vector<Answer>& answers, const std::vector<Answer>& others);

}  // namespace badgate::harness::change
