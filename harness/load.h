// load: scenario files to Scenarios. Everything that is wrong with them is told at once; a file
// with a mistake yields no scenario.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/diagnostics.h"
#include "harness/scenario.h"

namespace badgate::harness {

struct Loaded {
  std::vector<Scenario> scenarios;      // in the order of the paths; remedies follow their scenario
  std::vector<Diagnostic> diagnostics;  // empty: all files are in order

  bool ok() const { return diagnostics.empty(); }
};

// `paths` are files and folders; of folders every *.toml below them is read, in the order of names.
// A file that is named twice is read once.
Loaded load(std::span<const std::string> paths);

// One file's text; `file` is what messages and Scenario::file call it, `name` the scenario's name.
Loaded load_text(std::string_view text, const std::string& file, const std::string& name);

}  // namespace badgate::harness
