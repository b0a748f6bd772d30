// --report, the same for every command that writes reports.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace badgate::harness::commands {

// reports::prepare reads what was given.
void add_report_option(CLI::App& command, std::vector<std::string>& reports);

}  // namespace badgate::harness::commands
