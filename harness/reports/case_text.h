// A case in lines for people, as several formats show it.
#pragma once

#include <string>

#include "harness/reports/run_report.h"

namespace badgate::harness::reports {

// "scenarios/slow.toml:9:1".
std::string place_of(const Position& position);
std::string place_of(const Case& one);

// "status of request 1: expected 504, was 502".
std::string sentence(const Mismatch& mismatch);

// Why the case is not well, in one line; empty: it is.
std::string headline(const Case& one);

// The timeline as the terminal shows it, a long one without its middle; ends with a newline.
std::string timeline_text(const Case& one);

// "passed 7 of 10, failed 3 of 10 (seeds 2, 5, 9)".
std::string rates(const Repeats& repeats);
// Empty: it ran once.
std::string rates(const Case& one);

// "865 passed, 0 failed, 3 skipped".
std::string counts_text(const RunReport& report);

// "seed 1, builtin, virtual clock, shard 2/4": what was run how.
std::string circumstances(const RunReport& report);

}  // namespace badgate::harness::reports
