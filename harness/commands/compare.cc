#include "harness/change/comparison.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "harness/change/report.h"
#include "harness/change/setting.h"
#include "harness/commands/commands.h"
#include "harness/commands/selection.h"
#include "harness/commands/usage.h"
#include "harness/reports/terminal.h"
#include "harness/run.h"

namespace badgate::harness::commands {
namespace {

using namespace change;

struct Arguments {
  Selection selection;
  std::vector<std::string> set;
  std::string format = "terminal";
  bool all = false;
  std::uint64_t seed = 1;
  unsigned jobs = 0;
};

void say(const std::string& message) {
  fmt::print(stderr, "badgate: {}\n", message);
}

std::optional<std::vector<Setting>> settings_of(const std::vector<std::string>& texts) {
  std::vector<Setting> settings;
  for (const std::string& text : texts) {
    auto setting = parse_setting(text);
    if (!setting) {
      say("--set: " + setting.error().message);
      return std::nullopt;
    }
    add_setting(settings, std::move(*setting));
  }
  if (const auto words = contradiction_of(settings); !words.empty()) {
    say("--set: nginx would not start: " + words);
    return std::nullopt;
  }
  return settings;
}

// The catalogue as it is, and with the settings.
Comparison with_and_without(const std::vector<Setting>& settings) {
  Comparison comparison;
  comparison.after = settings;
  for (const Setting& setting : settings)
    comparison.changed.push_back(
        {full_name(setting), "as the scenario has it", *setting.value, {}});
  return comparison;
}

// What people try as a remedy is no part of what they have.
std::optional<std::vector<Scenario>> scenarios_of(const Selection& selection) {
  auto scenarios = select(selection);
  if (scenarios)
    std::erase_if(*scenarios, [](const Scenario& scenario) { return !scenario.remedy.empty(); });
  return scenarios;
}

int report(const std::vector<Scenario>& scenarios, const std::vector<Comparison>& comparisons,
           const Arguments& arguments) {
  const ReportOptions options{.all = arguments.all,
                              .colour = reports::Style::detect(stdout).colour};
  fmt::print("{}", arguments.format == "json" ? to_json(scenarios, comparisons, options)
                                              : to_text(scenarios, comparisons, options));
  const auto summary = summary_of(comparisons);
  if (summary.broken > 0) return Exit::badgate_failed;
  return summary.worse > 0 ? Exit::expectation_failed : Exit::all_passed;
}

int compare_command(const Arguments& arguments) {
  const auto settings = settings_of(arguments.set);
  if (!settings) return Exit::usage;
  const auto scenarios = scenarios_of(arguments.selection);
  if (!scenarios) return Exit::usage;
  std::vector<Comparison> comparisons{with_and_without(*settings)};
  const PlayOptions options{.seed = arguments.seed,
                            .jobs = arguments.jobs > 0
                                        ? arguments.jobs
                                        : std::max(1U, std::thread::hardware_concurrency())};
  if (auto done = play(*scenarios, options, comparisons); !done) {
    say(done.error().message);
    return done.error().message == kInterrupted ? Exit::interrupted : Exit::badgate_failed;
  }
  return report(*scenarios, comparisons, arguments);
}

}  // namespace

void add_compare(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("compare", "What a change of settings does to users");
  add_selection(*command, arguments->selection);
  command
      ->add_option("-s,--set", arguments->set,
                   "A directive laid over all scenarios, repeatable")
      ->allow_extra_args(false)
      ->required()
      ->option_text("NAME=VALUE");
  command->add_flag("-a,--all", arguments->all, "Also what stays the same");
  command->add_option("--format", arguments->format, "How it is written (default: terminal)")
      ->check(one_of({"terminal", "json"}))
      ->option_text("terminal|json");
  command->add_option("--seed", arguments->seed, "All randomness comes from it")
      ->option_text("NUMBER=1");
  command->add_option("-j,--jobs", arguments->jobs, "How many at once (default: one a core)")
      ->check(CLI::Range(1U, 256U))
      ->option_text("NUMBER");
  command->footer(
      "Examples:\n"
      "  badgate compare --set proxy_read_timeout=10s\n"
      "                                    over the whole catalogue\n"
      "  badgate compare --set group.keepalive=32 --set proxy_http_version=1.1 \\\n"
      "                  --set 'proxy_set_header=Connection \"\"' keepalive-race\n"
      "  badgate compare --set server.max_fails=3 --all --format json\n"
      "\n"
      "Exit codes: 0 nothing gets worse, 1 something does, 2 usage or bad file,\n"
      "3 badgate itself failed, 130 interrupted.");
  command->callback([arguments, &exit_code] { exit_code = compare_command(*arguments); });
}

}  // namespace badgate::harness::commands
