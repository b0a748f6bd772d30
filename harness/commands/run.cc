#include "harness/run.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <memory>
#include <thread>

#include "harness/commands/chosen.h"
#include "harness/commands/commands.h"
#include "harness/commands/play.h"
#include "harness/commands/proxy_choice.h"
#include "harness/commands/report_option.h"
#include "harness/commands/results.h"
#include "harness/commands/selection.h"
#include "harness/commands/usage.h"
#include "harness/config.h"
#include "harness/cost.h"
#include "harness/reports/report_file.h"
#include "harness/reports/terminal.h"
#include "harness/scenario_needs.h"
#include "harness/workers.h"
#include "net/self_check.h"
#include "net/signals.h"

namespace badgate::harness::commands {
namespace {

struct Arguments {
  Selection selection;
  Narrowing narrowing;
  std::uint64_t seed = 1;
  ProxyChoice proxy;
  std::string fpm;  // "real", or "fake"
  unsigned jobs = 0;
  unsigned repeat = 1;
  bool fail_fast = false;
  bool timelines = false;
  std::vector<std::string> reports;
};

// The virtual clock stands on a loopback that delivers at once.
bool loopback_is_fit() {
  const auto check = net::check_loopback();
  if (!check) {
    fmt::print(stderr, "badgate: the self-check of the loopback failed: {}\n",
               check.error().message);
    return false;
  }
  if (!check->settles_at_once()) {
    fmt::print(stderr, "badgate: {}\n", check->to_string());
    return false;
  }
  return true;
}

// The order in which to hand scenarios out: a long one at the end would keep one worker busy while
// the others have nothing left to do.
std::vector<std::size_t> order_of(const std::vector<Scenario>& scenarios, bool in_real_time) {
  std::vector<net::Duration> costs;
  for (const Scenario& scenario : scenarios)
    costs.push_back(expected_cost(scenario, in_real_time));
  return dearest_first(costs);
}

bool in_real_time(const Arguments& arguments, const drivers::Driver& driver) {
  return arguments.fpm == "real" || waits(arguments.proxy.clock, driver);
}

// A run in real time mostly waits.
constexpr unsigned kJobsThatWait = 64;

unsigned jobs_of(const Arguments& arguments, const drivers::Driver& driver) {
  if (arguments.jobs > 0) return arguments.jobs;
  if (in_real_time(arguments, driver)) return kJobsThatWait;
  return std::max(1U, std::thread::hardware_concurrency());
}

// Not on the way through the whole catalogue, which waits for nothing.
bool may_start_programs(const Arguments& arguments, const drivers::Driver& driver) {
  return arguments.selection.narrowed() || in_real_time(arguments, driver) || !driver.in_process();
}

// What all parts of one run have in common.
struct Plan {
  const Arguments& arguments;
  const drivers::Driver& driver;
  const Chosen& chosen;
  const std::vector<reports::Target>& targets;
};

// The seed of each further time is the next one, or all would be the same on the virtual clock.
std::uint64_t seed_of(const Arguments& arguments, std::size_t number) {
  return arguments.seed + number;
}

std::string run_one(const Plan& plan, const Scenario& scenario, std::size_t number,
                    int interrupt_fd) {
  const Arguments& arguments = plan.arguments;
  RunOptions options{.seed = seed_of(arguments, number),
                     .interrupt_fd = interrupt_fd,
                     .proxy = &plan.driver,
                     .programs = may_start_programs(arguments, plan.driver)};
  set_clock(arguments.proxy.clock, plan.driver, options);
  Played played{play(scenario, options, arguments.fpm == "real"), {}};
  const auto state = played.verdict.state;
  if (!plan.targets.empty()) played.in_reports = reports::case_of(scenario, played.verdict);
  const bool story =
      arguments.timelines || state == Verdict::State::failed || state == Verdict::State::broken;
  return to_text(played, story);
}

Workers workers_for(const Plan& plan, Results& results) {
  const auto& scenarios = plan.chosen.scenarios;
  const std::size_t repeat = plan.arguments.repeat;
  Workers workers;
  workers.jobs = jobs_of(plan.arguments, plan.driver);
  workers.tasks = scenarios.size() * repeat;
  const auto order = order_of(scenarios, in_real_time(plan.arguments, plan.driver));
  workers.work = [&plan, order, repeat](std::size_t task, int interrupt_fd) {
    return run_one(plan, plan.chosen.scenarios[order[task / repeat]], task % repeat, interrupt_fd);
  };
  std::vector<bool> alone;
  for (const std::size_t i : order)
    alone.push_back(needs_own_process(scenarios[i]));
  workers.alone = [alone, repeat](std::size_t task) { return alone[task / repeat]; };
  workers.on_result = [&plan, &results, order, repeat](std::size_t task, std::string result,
                                                       const std::string& how_died) {
    const std::size_t i = order[task / repeat];
    const Scenario& scenario = plan.chosen.scenarios[i];
    auto played = how_died.empty()
                      ? played_from_text(result)
                      : net::Result<Played>(
                            Played{broken(scenario, "the process that ran it " + how_died), {}});
    if (!played) played = Played{broken(scenario, played.error().message), {}};
    const std::size_t number = task % repeat;
    results.add(i, number, seed_of(plan.arguments, number), std::move(*played));
    return !(plan.arguments.fail_fast && (results.failed() || results.badgate_failed()));
  };
  return workers;
}

std::string clock_of(const Plan& plan) {
  if (!waits(plan.arguments.proxy.clock, plan.driver)) return "virtual";
  RunOptions options;
  set_clock(plan.arguments.proxy.clock, plan.driver, options);
  return options.time_scale == 1 ? "real" : fmt::format("x{:g}", options.time_scale);
}

reports::RunReport report_of(const Plan& plan, Results& results, bool interrupted,
                             net::Duration wall) {
  reports::RunReport report;
  report.badgate = BADGATE_VERSION;
  report.seed = plan.arguments.seed;
  report.proxy = plan.driver.name();
  report.proxy_version = plan.driver.version();
  report.clock = clock_of(plan);
  report.shard = plan.arguments.narrowing.parsed_shard();
  report.selected = plan.chosen.selected;
  report.complete = results.complete();
  report.wall = wall;
  const bool stopped = plan.arguments.fail_fast && !interrupted;
  report.cases = results.take_cases(
      stopped ? "--fail-fast, and another one has failed" : "the run was broken off", stopped);
  for (std::size_t i = 0; i < report.cases.size(); ++i)
    report.cases[i].index = plan.chosen.places[i];
  return report;
}

// Says on stderr what could not be written.
bool write_reports(const Plan& plan, Results& results, bool interrupted, net::Duration wall) {
  if (plan.targets.empty()) return true;
  // An impatient second SIGINT must wait until the files are whole.
  const net::Signals held({SIGINT, SIGTERM, SIGHUP});
  const auto written = reports::write(plan.targets, report_of(plan, results, interrupted, wall));
  if (!written) fmt::print(stderr, "badgate: {}\n", written.error().message);
  return written.has_value();
}

int exit_of(const Plan& plan, const Results& results) {
  const bool stopped_early = plan.arguments.fail_fast && results.failed();
  if (results.badgate_failed() || !(results.complete() || stopped_early))
    return Exit::badgate_failed;
  if (results.failed()) return Exit::expectation_failed;
  // What failed before and could not be run again is no success.
  return plan.chosen.gone > 0 ? Exit::usage : Exit::all_passed;
}

int run_all(const Plan& plan) {
  // Only one can have the standard output.
  std::FILE* out = reports::writes_to_stdout(plan.targets) ? stderr : stdout;
  auto style = reports::Style::detect(out);
  style.timelines = plan.arguments.timelines;
  reports::Terminal terminal(out, style, plan.chosen.scenarios.size());
  Results results(terminal, plan.chosen.scenarios, plan.arguments.repeat, !plan.targets.empty());
  const auto start = std::chrono::steady_clock::now();
  const auto done = run_workers(workers_for(plan, results));
  results.flush();
  const auto wall = std::chrono::steady_clock::now() - start;
  terminal.finish(wall, plan.arguments.seed);
  const bool interrupted = !done && done.error().message == kInterrupted;
  if (!done) fmt::print(stderr, "badgate: {}\n", done.error().message);
  const bool written = write_reports(plan, results, interrupted, wall);
  if (interrupted) return Exit::interrupted;
  if (!done || !written) return Exit::badgate_failed;
  return exit_of(plan, results);
}

int run_command(const Arguments& arguments) {
  const auto targets = reports::prepare(arguments.reports);
  if (!targets) {
    fmt::print(stderr, "badgate: {}\n", targets.error().message);
    return Exit::usage;
  }
  const auto driver = choose(arguments.proxy);
  if (!driver) return Exit::badgate_failed;
  const auto chosen = choose_scenarios(arguments.selection, arguments.narrowing, *targets,
                                       in_real_time(arguments, *driver));
  if (!chosen) return Exit::usage;
  if (arguments.proxy.clock != "real" && !loopback_is_fit()) return Exit::badgate_failed;
  return run_all({arguments, *driver, *chosen, *targets});
}

void add_reports(CLI::App& command, Arguments& arguments) {
  add_report_option(command, arguments.reports);
  add_narrowing(command, arguments.narrowing);
  command
      .add_option("--repeat", arguments.repeat,
                  "How often each runs, each time with the next seed;\nsays the rates")
      ->check(CLI::Range(1U, 100'000U))
      ->option_text("NUMBER=1");
}

}  // namespace

void add_run(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("run", "Run scenarios and judge them");
  add_selection(*command, arguments->selection);
  command->add_option("--seed", arguments->seed, "All randomness comes from it")
      ->option_text("NUMBER=1");
  add_proxy_choice(*command, arguments->proxy);
  add_clock(*command, arguments->proxy.clock);
  command
      ->add_option("--fpm", arguments->fpm,
                   "The PHP-FPM of fpm = { … }: the fake (default), or\nphp-fpm of this machine")
      ->check(one_of({"fake", "real"}))
      ->option_text("fake|real");
  command
      ->add_option("-j,--jobs", arguments->jobs,
                   "How many scenarios at once (default: one a core;\n64 in real time)")
      ->check(CLI::Range(1U, 256U))
      ->option_text("NUMBER");
  command->add_flag("--fail-fast", arguments->fail_fast, "Stop at the first scenario that fails");
  add_reports(*command, *arguments);
  command->add_flag("--timeline", arguments->timelines,
                    "Who did what when, also where all is well");
  command->footer(
      "Examples:\n"
      "  badgate run                              the whole shipped catalogue\n"
      "  badgate run my-scenarios/ --fail-fast    your own, up to the first failure\n"
      "  badgate run --cause slow-application     one cause of the catalogue\n"
      "  badgate run slow-application/report-takes-75s --timeline\n"
      "                                           one scenario, told step by step\n"
      "  badgate run --report junit:badgate.xml --shard 2/4\n"
      "                                           a quarter of all, for a pipeline\n"
      "\n"
      "Exit codes: 0 all passed, 1 an expectation failed, 2 usage or bad file,\n"
      "3 badgate itself failed, 130 interrupted.");
  command->callback([arguments, &exit_code] { exit_code = run_command(*arguments); });
}

}  // namespace badgate::harness::commands
