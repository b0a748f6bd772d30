// Diagnose: the causes that the evidence of one line leaves possible, the likeliest first.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/diagnosis/context.h"
#include "harness/evidence/evidence.h"

namespace badgate::harness::diagnosis {

struct Suspect {
  std::string row;       // of the catalogue of facts: "D1"
  std::string cause;     // a folder of scenarios/: "slow-application"
  std::string scenario;  // the one of the catalogue that shows it best; empty: it has none
  std::string plain;     // what is wrong, a sentence
  std::string why;       // what in the evidence speaks for it beside the message; may be empty
  std::string tell;      // how to know that it is this one; empty: the log is enough
  int weight = 0;        // only to compare with the other suspects
};

struct Diagnosis {
  std::string means;  // what the line says, in plain words; empty: nothing that badgate knows
  std::vector<Suspect> suspects;
};

// Empty suspects: the line is of no failure, or of none that badgate knows.
Diagnosis diagnose_in(const evidence::Evidence& line, const Context& log);

// Of a line that stands alone.
std::vector<Suspect> diagnose(const evidence::Evidence& line);

}  // namespace badgate::harness::diagnosis
