// badgate: the command line. Each command is a file in harness/commands.
#include <fmt/core.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <exception>

#include "harness/commands/commands.h"
#include "harness/config.h"

namespace {

namespace commands = badgate::harness::commands;

int parse_and_run(int argc, char** argv) {
  CLI::App app("Reproduces every cause of a 502, and proves what cures it.", "badgate");
  app.set_version_flag("--version", "badgate " BADGATE_VERSION);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::help);
  int exit_code = commands::Exit::all_passed;
  commands::add_run(app, exit_code);
  commands::add_serve(app, exit_code);
  commands::add_proxy(app, exit_code);
  commands::add_list(app, exit_code);
  commands::add_show(app, exit_code);
  commands::add_completion(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? commands::Exit::all_passed : commands::Exit::usage;
  }
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return parse_and_run(argc, argv);
  } catch (const std::exception& e) {
    fmt::print(stderr, "badgate: {}\n", e.what());
    return commands::Exit::badgate_failed;
  }
}
