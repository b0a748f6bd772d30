#include <fmt/core.h>

#include <memory>

#include "harness/commands/commands.h"
#include "harness/commands/report_option.h"
#include "harness/reports/case_text.h"
#include "harness/reports/formats.h"
#include "harness/reports/merge.h"
#include "harness/reports/read_report.h"
#include "harness/reports/report_file.h"

namespace badgate::harness::commands {
namespace {

struct Arguments {
  std::vector<std::string> files;
  std::vector<std::string> reports;
};

int said(const std::string& what, Exit code) {
  fmt::print(stderr, "badgate: {}\n", what);
  return code;
}

// What the run would have exited with.
int exit_of(const reports::RunReport& report) {
  const auto all = reports::totals(report);
  if (all.of(Verdict::State::broken) > 0) return Exit::badgate_failed;
  if (all.of(Verdict::State::failed) > 0) return Exit::expectation_failed;
  return report.complete ? Exit::all_passed : Exit::badgate_failed;
}

int deliver(const std::vector<reports::Target>& targets, const reports::RunReport& report) {
  if (auto ok = reports::write(targets, report); !ok)
    return said(ok.error().message, Exit::badgate_failed);
  if (!reports::writes_to_stdout(targets)) fmt::print("{}\n", reports::counts_text(report));
  return exit_of(report);
}

// With a subcommand beside it, CLI11 cannot require what the command alone needs.
bool is_complete(const Arguments& arguments) {
  if (!arguments.files.empty() && !arguments.reports.empty()) return true;
  const auto* missing = arguments.files.empty() ? "which FILE" : "--report FORMAT[:FILE]";
  said(fmt::format("say {}; `badgate report --help` has examples", missing), Exit::usage);
  return false;
}

int convert_command(const Arguments& arguments) {
  if (!is_complete(arguments)) return Exit::usage;
  const auto targets = reports::prepare(arguments.reports);
  if (!targets) return said(targets.error().message, Exit::usage);
  const auto report = reports::read_report(arguments.files.front());
  if (!report) return said(report.error().message, Exit::usage);
  return deliver(*targets, *report);
}

int merge_command(const Arguments& arguments) {
  if (!is_complete(arguments)) return Exit::usage;
  const auto targets = reports::prepare(arguments.reports);
  if (!targets) return said(targets.error().message, Exit::usage);
  std::vector<reports::NamedReport> all;
  for (const auto& file : arguments.files) {
    auto report = reports::read_report(file);
    if (!report) return said(report.error().message, Exit::usage);
    all.push_back({file, std::move(*report)});
  }
  const auto merged = reports::merge(std::move(all));
  if (!merged) return said(merged.error().message, Exit::usage);
  for (const auto& missing : merged->missing)
    fmt::print(stderr, "badgate: {} is missing\n", missing);
  return deliver(*targets, merged->report);
}

CLI::App* add_merge(CLI::App& report, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = report.add_subcommand("merge", "The shards of a run, in one report");
  command->add_option("FILE", arguments->files, "JSON reports")->type_name("");
  add_report_option(*command, arguments->reports);
  command->footer(
      "Examples:\n"
      "  badgate report merge shard-*.json --report junit:badgate.xml\n"
      "\n"
      "Exit codes: as of the run: 0 all passed, 1 an expectation failed,\n"
      "3 badgate itself failed, or a shard is missing or was broken off;\n"
      "2 usage, or these are not the reports of one run.");
  command->callback([arguments, &exit_code] { exit_code = merge_command(*arguments); });
  return command;
}

}  // namespace

void add_report(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("report", "Convert and merge the reports of runs");
  command->add_option("FILE", arguments->files, "A JSON report; - is the standard input")
      ->expected(0, 1)
      ->type_name("");
  add_report_option(*command, arguments->reports);
  CLI::App* merge = add_merge(*command, exit_code);
  command->footer(
      "Examples:\n"
      "  badgate report badgate.json --report markdown    in another format\n"
      "  badgate run --shard 1/4 --report json:1.json     and 2/4, 3/4, 4/4\n"
      "  badgate report merge ?.json --report junit:badgate.xml\n"
      "\n"
      "Exit codes: as of the run: 0 all passed, 1 an expectation failed,\n"
      "3 badgate itself failed; 2 usage, or this is no report.");
  command->callback([arguments, command, merge, &exit_code] {
    if (command->got_subcommand(merge)) return;
    exit_code = convert_command(*arguments);
  });
}

}  // namespace badgate::harness::commands
