// Which scenarios a command works on: paths and filters, the same for every command.
#pragma once

#include <CLI/App.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/catalogue.h"

namespace badgate::harness::commands {

struct Selection {
  std::vector<std::string> paths;
  Filter filter;

  // Whether less was asked for than the whole catalogue.
  bool narrowed() const;
};

void add_selection(CLI::App& command, Selection& selection);

// The scenarios, or nothing after having said on stderr what is wrong with the files or that no
// scenario is left.
std::optional<std::vector<Scenario>> select(const Selection& selection);

// Says on stderr that the file has no such remedy, and which it has.
void say_no_remedy(const std::vector<Scenario>& scenarios, const std::string& file,
                   const std::string& remedy);

}  // namespace badgate::harness::commands
