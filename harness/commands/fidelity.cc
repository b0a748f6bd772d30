#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "harness/commands/commands.h"
#include "harness/commands/proxy_choice.h"
#include "harness/commands/selection.h"
#include "harness/commands/usage.h"
#include "harness/fidelity/compare.h"
#include "harness/fidelity/comparison_json.h"
#include "harness/fidelity/generate.h"
#include "harness/fidelity/tally.h"
#include "harness/load.h"
#include "harness/other_version.h"
#include "harness/run.h"
#include "harness/scenario_needs.h"
#include "harness/workers.h"

namespace badgate::harness::commands {
namespace {

using namespace fidelity;

struct Arguments {
  Selection selection;
  ProxyChoice proxy{.name = "nginx", .program = {}};
  std::uint64_t seed = 1;
  std::uint64_t generated = 0;
  std::string group;  // how the names of generated ones' groups begin
  std::optional<std::uint64_t> behaviour;
  bool print = false;
  unsigned jobs = 0;
};

// One scenario that both proxies play.
struct Trial {
  std::string group;
  std::string replay;  // the command that plays it alone
  Scenario scenario;
};

constexpr unsigned kJobsPerCore = 16;  // a trial mostly waits

std::optional<Trial> generated_trial(const Behaviour& behaviour, std::uint64_t seed,
                                     std::uint64_t number) {
  auto loaded = load_text(behaviour.text, behaviour.name, behaviour.name);
  if (!loaded.ok() || loaded.scenarios.empty()) {
    fmt::print(stderr, "badgate: behaviour {} of seed {} is no scenario:\n{}", number, seed,
               behaviour.text);
    for (const Diagnostic& d : loaded.diagnostics)
      fmt::print(stderr, "{}", to_text(d));
    return std::nullopt;
  }
  return Trial{behaviour.group,
               fmt::format("badgate fidelity --seed {} --behaviour {}", seed, number),
               std::move(loaded.scenarios.front())};
}

// Loads are judged by shares: request by request, two runs of them differ.
std::optional<std::vector<Trial>> catalogue_trials(const Selection& selection) {
  auto scenarios = select(selection);
  if (!scenarios) return std::nullopt;
  std::vector<Trial> trials;
  for (Scenario& scenario : *scenarios) {
    if (scenario.load) continue;
    trials.push_back({scenario.cause, "badgate fidelity " + scenario.name, std::move(scenario)});
  }
  return trials;
}

std::optional<std::vector<Trial>> trials_of(const Arguments& arguments) {
  std::vector<Trial> trials;
  const bool any_generated = arguments.generated > 0 || arguments.behaviour;
  if (!any_generated || !arguments.selection.paths.empty()) {
    auto found = catalogue_trials(arguments.selection);
    if (!found) return std::nullopt;
    trials = std::move(*found);
  }
  const auto first = arguments.behaviour.value_or(1);
  const auto count = arguments.behaviour ? 1 : arguments.generated;
  for (std::uint64_t number = first; number < first + count; ++number) {
    const Behaviour behaviour = generate(arguments.seed, number);
    if (!behaviour.group.starts_with(arguments.group)) continue;
    auto trial = generated_trial(behaviour, arguments.seed, number);
    if (!trial) return std::nullopt;
    trials.push_back(std::move(*trial));
  }
  return trials;
}

// Badgate's proxy behaves as the version that it is compared with.
Comparison play(const Trial& trial, const drivers::Driver& other, RunOptions options) {
  const Scenario scenario =
      other.in_process() ? trial.scenario : as_version(trial.scenario, other.version());
  RunOptions ours_alone = options;
  ours_alone.clock = ClockChoice::as_needed;
  const Outcome ours = run(scenario, ours_alone);
  options.proxy = &other;
  const Outcome theirs = run(scenario, options);
  auto comparison = compare(ours, theirs);
  // In time that runs faster noise is so much larger: what differs there is asked again.
  const bool agrees = comparison.differences.empty() && comparison.broken.empty();
  if (agrees || !theirs.real_clock || std::exchange(options.time_scale, 1) == 1) return comparison;
  return compare(ours, run(scenario, options));
}

std::string indented(const std::string& text) {
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);)
    out += fmt::format("      {}\n", line);
  return out;
}

void show(const Trial& trial, const Comparison& comparison, const drivers::Driver& other) {
  if (comparison.differences.empty() && comparison.broken.empty()) return;
  fmt::print("\n{}\n", trial.replay);
  if (!comparison.broken.empty()) fmt::print("  {}\n", comparison.broken);
  for (const Difference& d : comparison.differences) {
    fmt::print("  {} of {}\n    badgate\n{}    {} {}\n{}", to_string(d.aspect), d.where,
               indented(d.ours), other.name(), other.version(), indented(d.theirs));
  }
}

int play_all(const std::vector<Trial>& trials, const drivers::Driver& other,
             const Arguments& arguments) {
  Tally tally;
  bool broken = false;
  Workers workers;
  workers.jobs = arguments.jobs > 0
                     ? arguments.jobs
                     : kJobsPerCore * std::max(1U, std::thread::hardware_concurrency());
  workers.tasks = trials.size();
  workers.work = [&](std::size_t i, int interrupt_fd) {
    RunOptions options;
    options.seed = arguments.seed;
    options.interrupt_fd = interrupt_fd;
    set_clock(arguments.proxy.clock, other, options);
    return to_json(play(trials[i], other, options));
  };
  std::vector<bool> alone;
  for (const Trial& trial : trials)
    alone.push_back(needs_own_process(trial.scenario));
  workers.alone = [&](std::size_t i) { return alone[i]; };
  workers.on_result = [&](std::size_t i, std::string result, std::string how_died) {
    auto comparison = comparison_from_json(result);
    if (!how_died.empty()) {
      comparison = Comparison{.broken = "the process that played it " + how_died};
    } else if (!comparison) {
      comparison = Comparison{.broken = comparison.error().message};
    }
    show(trials[i], *comparison, other);
    broken |= !comparison->broken.empty();
    if (comparison->skipped.empty()) {
      tally.add(trials[i].group, *comparison);
    } else {
      tally.add_skipped(trials[i].group);
    }
    return true;
  };
  const auto done = run_workers(workers);
  fmt::print("\n{}", tally.table());
  if (!done) {
    fmt::print(stderr, "badgate: {}\n", done.error().message);
    return done.error().message == kInterrupted ? Exit::interrupted : Exit::badgate_failed;
  }
  if (broken) return Exit::badgate_failed;
  return tally.sufficient() ? Exit::all_passed : Exit::expectation_failed;
}

int fidelity_command(const Arguments& arguments) {
  if (arguments.print && arguments.behaviour) {
    fmt::print("{}", generate(arguments.seed, *arguments.behaviour).text);
    return Exit::all_passed;
  }
  const auto other = choose(arguments.proxy);
  if (!other) return Exit::badgate_failed;
  const auto trials = trials_of(arguments);
  if (!trials) return Exit::usage;
  return play_all(*trials, *other, arguments);
}

}  // namespace

void add_fidelity(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("fidelity", "Put nginx and badgate's proxy side by side");
  add_selection(*command, arguments->selection);
  add_proxy_choice(*command, arguments->proxy);
  command
      ->add_option("--generated", arguments->generated,
                   "So many behaviours made by chance, from the seed")
      ->option_text("NUMBER");
  command->add_option("--group", arguments->group, "Only groups whose names begin so")
      ->option_text("PREFIX");
  command->add_option("--seed", arguments->seed, "All randomness comes from it")
      ->option_text("NUMBER=1");
  auto* one = command->add_option("--behaviour", arguments->behaviour, "Only this generated one")
                  ->option_text("NUMBER");
  command->add_flag("--print", arguments->print, "Print that behaviour as a scenario file")
      ->needs(one);
  add_clock(*command, arguments->proxy.clock);
  command->add_option("-j,--jobs", arguments->jobs, "How many at once (default: 16 a core)")
      ->check(CLI::Range(1U, 256U))
      ->option_text("NUMBER");
  command->footer(
      "Examples:\n"
      "  badgate fidelity --generated 200     200 behaviours of servers and clients\n"
      "  badgate fidelity --generated 1000 --group fastcgi-\n"
      "                                       those that are about FastCGI\n"
      "  badgate fidelity bad-chunks          a part of the catalogue\n"
      "  badgate fidelity --seed 3 --behaviour 17 --print\n"
      "                                       one behaviour as a scenario file\n"
      "  badgate fidelity --proxy builtin --generated 200\n"
      "                                       does badgate do the same a second time?\n"
      "\n"
      "Exit codes: 0 they agree as often as docs/fidelity.md says, 1 they do not,\n"
      "2 usage or bad file, 3 badgate itself failed, 130 interrupted.");
  command->callback([arguments, &exit_code] { exit_code = fidelity_command(*arguments); });
}

}  // namespace badgate::harness::commands
