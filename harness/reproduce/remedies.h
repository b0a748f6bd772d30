// Remedies: what the catalogue proposes for a cause, laid over a reproduction and run there. Only
// what proves to be true is kept.
#pragma once

#include <string>
#include <vector>

#include "harness/evidence/evidence.h"
#include "harness/reproduce/frame.h"
#include "harness/reproduce/search.h"

namespace badgate::harness::reproduce {

struct ProvenRemedy {
  std::string name;   // of [remedy.NAME]
  std::string title;  // what people do: "Raise proxy_read_timeout to 90 s"
  bool helps = false;
  Ended last;              // how the last request ends with it
  bool same_line = false;  // the line is logged all the same
  std::string text;        // [remedy.NAME] with its expectations
};

// Of the reproduction's scenario in the catalogue: at most two that help, and one that does not.
std::vector<ProvenRemedy> prove_remedies(const Attempt& reproduction,
                                         const evidence::Evidence& line, const Frame& frame,
                                         const RunOptions& run);

}  // namespace badgate::harness::reproduce
