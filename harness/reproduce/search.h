// Search: the scenario that makes a proxy write a given line. For each suspect, best first, a file
// is made, read as any file is, and run; it is accepted only if the same line comes out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/diagnosis/diagnose.h"
#include "harness/evidence/evidence.h"
#include "harness/reproduce/frame.h"
#include "harness/reproduce/identity.h"
#include "harness/reproduce/play.h"

namespace badgate::harness::reproduce {

// One cause that was tried.
struct Attempt {
  std::string scenario;  // of the catalogue: "slow-application/report-takes-75s"; may be empty
  std::string cause;     // "slow-application"
  std::string row;       // "D1"; may be empty
  std::string plain;     // what is wrong, a sentence; may be empty
  std::string text;      // the scenario file, without title and expectations
  Played played;
  std::optional<std::size_t> same;      // which of the lines is the same one
  std::string nearest;                  // else the line that is nearest; empty: there is none
  std::vector<Difference> differences;  // of that one
  std::string problem;                  // it could not be made or run; empty: it was
};

struct Found {
  std::vector<Attempt> tried;  // in order; the last one is `reproduced`, if that is true
  std::vector<diagnosis::Suspect> suspects;
  bool reproduced = false;
  bool interrupted = false;
};

struct SearchOptions {
  RunOptions run;
  std::string cause;       // only this cause, or this row; empty: all
  std::size_t limit = 24;  // so many are tried
};

// `line` is a line of nginx's error log.
Found search(const evidence::Evidence& line, const Configured& configured,
             const SearchOptions& options);

}  // namespace badgate::harness::reproduce
