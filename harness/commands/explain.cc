#include <fmt/core.h>

#include <memory>
#include <string>
#include <vector>

#include "harness/catalogue.h"
#include "harness/commands/commands.h"
#include "harness/diagnosis/line_report.h"
#include "harness/load.h"

namespace badgate::harness::commands {
namespace {

int explain_lines(const std::vector<std::string>& lines) {
  const std::vector<std::string> folder{catalogue_folder()};
  const auto catalogue = load(folder).scenarios;
  for (const auto& line : lines) {
    const auto evidence = evidence::read_line(line);
    if (!evidence) {
      fmt::print(stderr, "badgate: this is no line of a log that badgate knows\n");
      return Exit::usage;
    }
    fmt::print("{}", diagnosis::line_report(line, *evidence, diagnosis::diagnose_in(*evidence, {}),
                                            catalogue));
  }
  return Exit::all_passed;
}

}  // namespace

void add_explain(CLI::App& app, int& exit_code) {
  auto lines = std::make_shared<std::vector<std::string>>();
  CLI::App* command = app.add_subcommand("explain", "Name the cause behind a line of a log");
  command->add_option("LINE", *lines, "A line of nginx's error log")->required();
  command->callback([lines, &exit_code] { exit_code = explain_lines(*lines); });
  command->footer(
      "Example:\n"
      "  badgate explain \"$(tail -1 /var/log/nginx/error.log)\"");
}

}  // namespace badgate::harness::commands
