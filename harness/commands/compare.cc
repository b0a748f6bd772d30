#include "harness/change/comparison.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "harness/change/config.h"
#include "harness/change/pairs.h"
#include "harness/change/report.h"
#include "harness/change/setting.h"
#include "harness/commands/commands.h"
#include "harness/commands/selection.h"
#include "harness/commands/usage.h"
#include "harness/printable.h"
#include "harness/reports/terminal.h"
#include "harness/run.h"

namespace badgate::harness::commands {
namespace {

using namespace change;

struct Arguments {
  Selection selection;
  std::vector<std::string> set;
  std::vector<std::string> locations;
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

// What is to be compared, and what cannot be.
struct Plan {
  std::vector<Comparison> comparisons;
  std::vector<std::string> notes;
};

// Of the paths those that are configurations; the others name scenarios.
std::vector<std::string> take_configs(Selection& selection) {
  auto& paths = selection.paths;
  const auto rest = std::ranges::stable_partition(paths, is_config).begin();
  std::vector<std::string> configs(paths.begin(), rest);
  paths.erase(paths.begin(), rest);
  return configs;
}

std::optional<Config> read(const std::string& file) {
  Config config = read_config(file);
  if (!config.diagnostics.empty()) {
    fmt::print(stderr, "{}", to_text(config.diagnostics));
    return std::nullopt;
  }
  if (config.routes.empty()) {
    say(file + " passes requests on in no location");
    return std::nullopt;
  }
  return config;
}

std::vector<std::string> names_of(const Config& config) {
  std::vector<std::string> names;
  for (const Route& route : config.routes)
    names.push_back(route.name);
  return names;
}

// Leaves the locations that --location names a part of.
bool narrow(Config& config, const std::vector<std::string>& wanted) {
  if (wanted.empty()) return true;
  const auto names = names_of(config);
  std::erase_if(config.routes, [&](const Route& route) {
    return std::ranges::none_of(
        wanted, [&](const std::string& part) { return route.name.find(part) != part.npos; });
  });
  if (!config.routes.empty()) return true;
  say(fmt::format("{} has no location {}{}", config.file, in_quotes(wanted.front()),
                  did_you_mean(wanted.front(), names)));
  for (const std::string& name : names)
    fmt::print(stderr, "  {}\n", printable(name));
  return false;
}

Plan plan_of(Pairs pairs, const Config& before, const std::string& after) {
  Plan plan{std::move(pairs.comparisons), {}};
  for (const auto& name : pairs.only_before)
    plan.notes.push_back(fmt::format("only in {}: {}", before.file, name));
  for (const auto& name : pairs.only_after)
    plan.notes.push_back(fmt::format("only in {}: {}", after, name));
  for (const auto& name : pairs.not_spoken)
    plan.notes.push_back(
        fmt::format("not compared: {} passes to what badgate does not speak", name));
  if (plan.comparisons.empty())
    plan.notes.emplace_back("No setting differs in a location that passes requests on.");
  return plan;
}

std::optional<Plan> plan(const std::vector<std::string>& files,
                         const std::vector<Setting>& settings,
                         const std::vector<std::string>& locations) {
  if (files.size() != (settings.empty() ? 2 : 1) && !(files.empty() && !settings.empty())) {
    say("compare takes two configurations, or --set NAME=VALUE with one or none");
    return std::nullopt;
  }
  if (files.empty()) return Plan{{with_and_without(settings)}, {}};
  auto before = read(files.front());
  if (!before || !narrow(*before, locations)) return std::nullopt;
  std::optional<Config> after;
  if (files.size() == 2) {
    after = read(files.back());
    if (!after || !narrow(*after, locations)) return std::nullopt;
  }
  auto pairs = after ? pairs_of(*before, *after) : pairs_of(*before, settings);
  if (!pairs) {
    say(pairs.error().message);
    return std::nullopt;
  }
  return plan_of(std::move(*pairs), *before, files.back());
}

int report(const std::vector<Scenario>& scenarios, const Plan& plan, const Arguments& arguments) {
  const ReportOptions options{
      .all = arguments.all, .colour = reports::Style::detect(stdout).colour, .notes = plan.notes};
  fmt::print("{}", arguments.format == "json" ? to_json(scenarios, plan.comparisons, options)
                                              : to_text(scenarios, plan.comparisons, options));
  const auto summary = summary_of(plan.comparisons);
  if (summary.broken > 0) return Exit::badgate_failed;
  return summary.worse > 0 ? Exit::expectation_failed : Exit::all_passed;
}

int compare_command(Arguments arguments) {
  const auto configs = take_configs(arguments.selection);
  const auto settings = settings_of(arguments.set);
  if (!settings) return Exit::usage;
  auto compared = plan(configs, *settings, arguments.locations);
  if (!compared) return Exit::usage;
  const auto scenarios = scenarios_of(arguments.selection);
  if (!scenarios) return Exit::usage;
  const bool progress = reports::Style::detect(stdout).progress;
  const auto show = [](std::size_t done, std::size_t all) {
    fmt::print(stderr, "\r{} of {} runs", done, all);
  };
  PlayOptions options{.seed = arguments.seed,
                      .jobs = arguments.jobs > 0
                                  ? arguments.jobs
                                  : std::max(1U, std::thread::hardware_concurrency())};
  if (progress) options.on_progress = show;
  const auto done = play(*scenarios, options, compared->comparisons);
  if (progress) fmt::print(stderr, "\r\x1b[K");
  if (!done) {
    say(done.error().message);
    return done.error().message == kInterrupted ? Exit::interrupted : Exit::badgate_failed;
  }
  return report(*scenarios, *compared, arguments);
}

}  // namespace

void add_compare(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("compare", "What a change of settings does to users");
  add_selection(*command, arguments->selection);
  command->get_option("PATH")->description("Configurations A and B; scenarios (or all)");
  command->add_option("-s,--set", arguments->set, "A directive laid over all scenarios, repeatable")
      ->allow_extra_args(false)
      ->option_text("NAME=VALUE");
  command
      ->add_option("-l,--location", arguments->locations, "Only locations whose name contains this")
      ->allow_extra_args(false)
      ->option_text("TEXT");
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
      "A and B are files of nginx or of badgate proxy. What either says is laid over\n"
      "all scenarios, with nginx's default where the other one does not say it.\n"
      "\n"
      "Examples:\n"
      "  badgate compare old.conf new.conf\n"
      "  badgate compare --set proxy_read_timeout=10s\n"
      "                                    over the whole catalogue\n"
      "  badgate compare --set group.keepalive=32 --set proxy_http_version=1.1 \\\n"
      "                  --set 'proxy_set_header=Connection \"\"' keepalive-race\n"
      "  badgate compare nginx.conf --set group.servers=+1 upstream-down\n"
      "                                    one more server, healthy, in each group\n"
      "  badgate compare --set server.max_fails=3 --all --format json\n"
      "\n"
      "Exit codes: 0 nothing gets worse, 1 something does, 2 usage or bad file,\n"
      "3 badgate itself failed, 130 interrupted.");
  command->callback([arguments, &exit_code] { exit_code = compare_command(*arguments); });
}

}  // namespace badgate::harness::commands
