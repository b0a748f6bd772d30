// Input: the line that is to be reproduced, out of what the user gave: the line itself, or a log.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "harness/evidence/evidence.h"
#include "net/result.h"

namespace badgate::harness::reproduce {

struct ChosenLine {
  std::string written;  // as it was, lines that belong to it included
  evidence::Evidence evidence;
  std::uint64_t number = 0;  // in its file, from 1; 0: it was given itself
  std::uint64_t count = 1;   // how many lines of the log are the same but for the request
};

// A line as it was pasted. The Error says what is wrong with it.
net::Result<ChosenLine> read_given(const std::string& text);

// The lines of a log that are worth a reproduction, one of each kind, the most important first:
// failures before warnings, causes before their consequences, frequent before rare. Memory is
// bounded by the number of kinds, of which at most 256 are kept.
std::vector<ChosenLine> choose_lines(std::istream& log);

// The line of that number. The Error says why there is none.
net::Result<ChosenLine> line_number(std::istream& log, std::uint64_t number);

}  // namespace badgate::harness::reproduce
