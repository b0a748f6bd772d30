// WriteUp: the file of a reproduction, complete and judged: it passes as any scenario does.
#pragma once

#include <string>
#include <vector>

#include "harness/evidence/evidence.h"
#include "harness/reproduce/frame.h"
#include "harness/reproduce/remedies.h"
#include "harness/reproduce/search.h"

namespace badgate::harness::reproduce {

struct WrittenUp {
  std::string text;  // the file
  Ended last;        // how the request ends
  std::vector<ProvenRemedy> remedies;
  std::string problem;  // what does not pass, in words: badgate's own mistake; usually empty
};

// `written` is the line as it was given. `found` has reproduced it.
WrittenUp write_up(const Found& found, const std::string& written, const evidence::Evidence& line,
                   const Configured& configured, const RunOptions& run);

}  // namespace badgate::harness::reproduce
