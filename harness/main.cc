// badgate: the command line. Each command is a file in harness/commands.
#include <fmt/core.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>

#include "harness/commands/commands.h"
#include "harness/commands/usage.h"
#include "harness/config.h"

namespace {

namespace commands = badgate::harness::commands;

int parse_and_run(int argc, char** argv) {
  CLI::App app("Reproduces every cause of a 502, and proves what cures it.", "badgate");
  app.set_version_flag("--version", "badgate " BADGATE_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  badgate run                        the whole shipped catalogue\n"
      "  badgate run my.toml --timeline     a file of your own, told step by step\n"
      "  badgate serve my.toml              the same at real speed, to try with curl\n"
      "  badgate list causes                what can go wrong\n"
      "\n"
      "`badgate COMMAND --help` has more for each command.");
  app.failure_message(commands::explain_mistake);
  int exit_code = commands::Exit::all_passed;
  commands::add_run(app, exit_code);
  commands::add_report(app, exit_code);
  commands::add_explain(app, exit_code);
  commands::add_reproduce(app, exit_code);
  commands::add_audit(app, exit_code);
  commands::add_compare(app, exit_code);
  commands::add_sweep(app, exit_code);
  commands::add_fidelity(app, exit_code);
  commands::add_matrix(app, exit_code);
  commands::add_serve(app, exit_code);
  commands::add_lab(app, exit_code);
  commands::add_proxy(app, exit_code);
  commands::add_check(app, exit_code);
  commands::add_probe(app, exit_code);
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

// A report that did not reach its file must not look like a success.
int flushed(int exit_code) {
  const bool lost_before = std::ferror(stdout) != 0;  // errno has been others' since
  const bool lost_now = std::fflush(stdout) != 0;
  if (!lost_before && !lost_now) return exit_code;
  fmt::print(stderr, "badgate: cannot write the output{}{}\n", lost_now ? ": " : "",
             lost_now ? std::strerror(errno) : "");
  return commands::Exit::badgate_failed;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return flushed(parse_and_run(argc, argv));
  } catch (const std::exception& e) {
    fmt::print(stderr, "badgate: {}\n", e.what());
    return commands::Exit::badgate_failed;
  }
}
