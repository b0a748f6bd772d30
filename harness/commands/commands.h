// The commands of the command line, one file each. A command adds itself to the program and leaves
// its exit code in `exit_code` when it has run.
#pragma once

#include <CLI/App.hpp>

namespace badgate::harness::commands {

// What the exit code says, the same for every command.
enum Exit : int {
  all_passed = 0,
  expectation_failed = 1,
  usage = 2,  // also: a file that cannot be understood
  badgate_failed = 3,
  interrupted = 130,  // as shells report SIGINT
};

void add_run(CLI::App& app, int& exit_code);
void add_report(CLI::App& app, int& exit_code);
void add_audit(CLI::App& app, int& exit_code);
void add_matrix(CLI::App& app, int& exit_code);
void add_reproduce(CLI::App& app, int& exit_code);
void add_serve(CLI::App& app, int& exit_code);
void add_lab(CLI::App& app, int& exit_code);
void add_proxy(CLI::App& app, int& exit_code);
void add_compare(CLI::App& app, int& exit_code);
void add_sweep(CLI::App& app, int& exit_code);
void add_fidelity(CLI::App& app, int& exit_code);
void add_explain(CLI::App& app, int& exit_code);
void add_list(CLI::App& app, int& exit_code);
void add_check(CLI::App& app, int& exit_code);
void add_probe(CLI::App& app, int& exit_code);
void add_show(CLI::App& app, int& exit_code);
void add_completion(CLI::App& app, int& exit_code);

}  // namespace badgate::harness::commands
