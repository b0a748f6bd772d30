#include "harness/commands/report_option.h"

namespace badgate::harness::commands {

void add_report_option(CLI::App& command, std::vector<std::string>& reports) {
  command
      .add_option("--report", reports,
                  "junit, tap, json, github, markdown or html: in\n"
                  "FILE or on standard output; several are possible")
      ->allow_extra_args(false)
      ->option_text("FORMAT[:FILE]");
}

}  // namespace badgate::harness::commands
