#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "harness/commands/commands.h"
#include "harness/commands/explain_logs.h"
#include "harness/commands/usage.h"
#include "harness/diagnosis/line_report.h"
#include "harness/diagnosis/report_json.h"
#include "harness/diagnostics.h"
#include "harness/evidence/log_format.h"

namespace badgate::harness::commands {
namespace {

struct Arguments {
  std::vector<std::string> inputs;
  std::string log_format;
  std::string format = "text";
  bool follow = false;
};

bool is_file(const std::string& input) {
  struct stat what {};
  return input == "-" || ::stat(input.c_str(), &what) == 0;
}

// A line of a log has spaces, or is JSON; a path that does not exist hardly has.
bool looks_like_a_path(const std::string& input) {
  return input.find(' ') == std::string::npos && !input.starts_with('{');
}

int explain_line(const std::string& line, evidence::Reader reader, bool json) {
  const auto evidence = reader.read(line);
  if (!evidence) {
    fmt::print(stderr, "badgate: {} is no line of a log that badgate knows\n", in_quotes(line));
    return Exit::usage;
  }
  const auto diagnosis = diagnosis::diagnose_in(*evidence, {});
  std::vector<std::string> names;
  if (!diagnosis.suspects.empty()) names.push_back(diagnosis.suspects.front().scenario);
  const auto catalogue = scenarios_named(names);
  fmt::print("{}", json ? diagnosis::line_json(line, *evidence, diagnosis, catalogue)
                        : diagnosis::line_report(line, *evidence, diagnosis, catalogue));
  return Exit::all_passed;
}

// False: it was said why not.
bool can_follow(const LogsToExplain& logs) {
  const bool only_files =
      !logs.files.empty() && std::ranges::find(logs.files, "-") == logs.files.end();
  if (!only_files) fmt::print(stderr, "badgate: --follow needs files\n");
  if (logs.json) fmt::print(stderr, "badgate: --follow writes text\n");
  return only_files && !logs.json;
}

int explain_all(const Arguments& arguments, const evidence::Reader& reader) {
  LogsToExplain logs;
  logs.reader = reader;
  logs.json = arguments.format == "json";
  std::vector<std::string> lines;
  for (const auto& input : arguments.inputs) {
    if (is_file(input)) {
      logs.files.push_back(input);
    } else if (looks_like_a_path(input)) {
      fmt::print(stderr, "badgate: there is no file {}\n", in_quotes(input));
      return Exit::usage;
    } else {
      lines.push_back(input);
    }
  }
  if (arguments.inputs.empty()) logs.files.emplace_back("-");
  if (arguments.follow && !can_follow(logs)) return Exit::usage;
  int worst = Exit::all_passed;
  for (const auto& line : lines)
    worst = std::max(worst, explain_line(line, reader, logs.json));
  if (logs.files.empty()) return worst;
  return std::max(worst, arguments.follow ? follow_logs(logs) : explain_logs(logs));
}

int explain_command(const Arguments& arguments) {
  if (arguments.log_format.empty()) return explain_all(arguments, {});
  auto format = evidence::LogFormat::parse(arguments.log_format);
  if (!format) {
    fmt::print(stderr, "badgate: --log-format: {}\n", format.error().message);
    return Exit::usage;
  }
  return explain_all(arguments, evidence::Reader(std::move(*format)));
}

}  // namespace

void add_explain(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("explain", "Name the causes behind lines of logs");
  command->add_option("LINE|FILE", arguments->inputs, "Lines, or log files (or the standard input)")
      ->option_text(" ");
  command
      ->add_option("--log-format", arguments->log_format,
                   "The log_format of an nginx access log, if badgate\n"
                   "does not recognise it")
      ->option_text("STRING");
  command->add_option("--format", arguments->format, "How to write it (default: text)")
      ->option_text("text|json")
      ->check(one_of({"text", "json"}));
  command->add_flag("-f,--follow", arguments->follow, "Go on with what is written from now on");
  command->footer(
      "Logs: nginx's error and access logs (any form, JSON too), HAProxy's, Apache's\n"
      "error log, Envoy's access log, PHP-FPM's. An error log and the access log\n"
      "beside it, given together, tell more than each alone.\n"
      "\n"
      "Examples:\n"
      "  badgate explain \"$(tail -1 /var/log/nginx/error.log)\"\n"
      "  badgate explain /var/log/nginx/error.log /var/log/nginx/access.log\n"
      "  journalctl -u haproxy | badgate explain --format json\n"
      "  badgate explain --follow /var/log/nginx/error.log\n"
      "\n"
      "Exit codes: 0 explained, 2 usage, or no line of a known log,\n"
      "3 a file could not be read to its end.");
  command->callback([arguments, &exit_code] { exit_code = explain_command(*arguments); });
}

}  // namespace badgate::harness::commands
