#include "harness/run.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <thread>

#include "harness/catalogue.h"
#include "harness/commands/commands.h"
#include "harness/commands/proxy_choice.h"
#include "harness/commands/selection.h"
#include "harness/commands/usage.h"
#include "harness/cost.h"
#include "harness/judge.h"
#include "harness/other_version.h"
#include "harness/real_fpm.h"
#include "harness/reports/terminal.h"
#include "harness/scenario_needs.h"
#include "harness/verdict_json.h"
#include "harness/workers.h"
#include "net/self_check.h"

namespace badgate::harness::commands {
namespace {

struct Arguments {
  Selection selection;
  std::uint64_t seed = 1;
  ProxyChoice proxy;
  std::string fpm;  // "real", or "fake"
  unsigned jobs = 0;
  bool fail_fast = false;
  bool timelines = false;
};

Verdict run_once(const Scenario& scenario, const RunOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  Outcome outcome = run(scenario, options);
  if (!options.proxy->is_nginx()) {
    Verdict verdict = judge_on(scenario, std::move(outcome), options.proxy->name());
    verdict.wall = std::chrono::steady_clock::now() - start;
    return verdict;
  }
  const auto tolerance = outcome.real_clock ? Tolerance::real_clock() : Tolerance::virtual_clock();
  Verdict verdict = judge(scenario, std::move(outcome), tolerance);
  verdict.wall = std::chrono::steady_clock::now() - start;
  return verdict;
}

// What fails in time that runs faster is asked again in slower time, since noise is so much larger
// there. And what another proxy does not do may not be in its version.
Verdict run_and_judge(const Scenario& scenario, RunOptions options) {
  constexpr double kSlower = 4;
  Verdict verdict = run_once(scenario, options);
  if (verdict.state == Verdict::State::failed && verdict.outcome.real_clock &&
      options.time_scale > 1) {
    options.time_scale = std::max(1.0, options.time_scale / kSlower);
    const auto in_vain = verdict.wall;
    verdict = run_once(scenario, options);
    verdict.wall += in_vain;
  }
  if (verdict.state == Verdict::State::failed && options.proxy->is_nginx() &&
      !options.proxy->in_process()) {
    Outcome outcome;
    outcome.skipped = tells_of_another_version(scenario, options.proxy->version(), options.seed);
    if (!outcome.skipped.empty()) return judge(scenario, std::move(outcome), {});
  }
  return verdict;
}

Verdict skipped(const Scenario& scenario, std::string why) {
  Outcome outcome;
  outcome.skipped = std::move(why);
  return judge(scenario, std::move(outcome), {});
}

// On the real PHP-FPM in place of the fake one.
Verdict run_on_real_fpm(const Scenario& scenario, const RunOptions& options) {
  const auto real = with_real_fpm(scenario);
  return real ? run_and_judge(*real, options) : skipped(scenario, real.error().message);
}

Verdict broken(const Scenario& scenario, std::string why) {
  Outcome outcome;
  outcome.broken = std::move(why);
  return judge(scenario, std::move(outcome), {});
}

// Shows verdicts in the scenarios' order, whatever the order in which workers end.
class InOrder {
 public:
  InOrder(reports::Terminal& report, std::size_t total) : report_(report), total_(total) {}

  // One that was broken off by a signal has no verdict: it counts as not run.
  void add(std::size_t index, Verdict verdict) {
    if (verdict.reason == kInterrupted) return;
    waiting_.emplace(index, std::move(verdict));
    while (!waiting_.empty() && waiting_.begin()->first == next_)
      show_first();
  }
  // What is left after a run that was broken off.
  void flush() {
    while (!waiting_.empty())
      show_first();
  }

  bool complete() const { return shown_ == total_; }
  bool failed() const { return failed_; }
  bool badgate_failed() const { return badgate_failed_; }

 private:
  void show_first() {
    const auto entry = waiting_.extract(waiting_.begin());
    next_ = entry.key() + 1;
    failed_ |= entry.mapped().state == Verdict::State::failed;
    badgate_failed_ |= entry.mapped().state == Verdict::State::broken;
    ++shown_;
    report_.add(entry.mapped());
  }

  reports::Terminal& report_;
  std::map<std::size_t, Verdict> waiting_;
  std::size_t total_;
  std::size_t next_ = 0;
  std::size_t shown_ = 0;
  bool failed_ = false;
  bool badgate_failed_ = false;
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

// A run in real time mostly waits.
constexpr unsigned kJobsThatWait = 64;

unsigned jobs_of(const Arguments& arguments, const drivers::Driver& driver) {
  if (arguments.jobs > 0) return arguments.jobs;
  if (arguments.fpm == "real" || waits(arguments.proxy.clock, driver)) return kJobsThatWait;
  return std::max(1U, std::thread::hardware_concurrency());
}

// Not on the way through the whole catalogue, which waits for nothing.
bool may_start_programs(const Arguments& arguments, const drivers::Driver& driver) {
  return arguments.selection.narrowed() || waits(arguments.proxy.clock, driver) ||
         arguments.fpm == "real" || !driver.in_process();
}

int run_all(const std::vector<Scenario>& scenarios, const Arguments& arguments,
            const drivers::Driver& driver) {
  auto style = reports::Style::detect(stdout);
  style.timelines = arguments.timelines;
  reports::Terminal report(stdout, style, scenarios.size());
  InOrder in_order(report, scenarios.size());
  const auto start = std::chrono::steady_clock::now();

  Workers workers;
  workers.jobs = jobs_of(arguments, driver);
  workers.tasks = scenarios.size();
  const auto order =
      order_of(scenarios, arguments.fpm == "real" || waits(arguments.proxy.clock, driver));
  workers.work = [&](std::size_t task, int interrupt_fd) {
    const std::size_t i = order[task];
    RunOptions options{.seed = arguments.seed,
                       .interrupt_fd = interrupt_fd,
                       .proxy = &driver,
                       .programs = may_start_programs(arguments, driver)};
    set_clock(arguments.proxy.clock, driver, options);
    const Verdict verdict = arguments.fpm == "real" ? run_on_real_fpm(scenarios[i], options)
                                                    : run_and_judge(scenarios[i], options);
    const bool story = arguments.timelines || verdict.state == Verdict::State::failed ||
                       verdict.state == Verdict::State::broken;
    return to_json(verdict, story);
  };
  std::vector<bool> alone;
  for (const std::size_t i : order)
    alone.push_back(needs_own_process(scenarios[i]));
  workers.alone = [&](std::size_t task) { return alone[task]; };
  workers.on_result = [&](std::size_t task, std::string result, std::string how_died) {
    const std::size_t i = order[task];
    if (how_died.empty()) {
      auto verdict = verdict_from_json(result);
      in_order.add(i,
                   verdict ? std::move(*verdict) : broken(scenarios[i], verdict.error().message));
    } else {
      in_order.add(i, broken(scenarios[i], "the process that ran it " + how_died));
    }
    return !(arguments.fail_fast && (in_order.failed() || in_order.badgate_failed()));
  };
  const auto done = run_workers(workers);
  in_order.flush();
  report.finish(std::chrono::steady_clock::now() - start, arguments.seed);
  if (!done) {
    fmt::print(stderr, "badgate: {}\n", done.error().message);
    return done.error().message == kInterrupted ? Exit::interrupted : Exit::badgate_failed;
  }
  const bool stopped_early = arguments.fail_fast && in_order.failed();
  if (in_order.badgate_failed() || !(in_order.complete() || stopped_early))
    return Exit::badgate_failed;
  return in_order.failed() ? Exit::expectation_failed : Exit::all_passed;
}

int run_command(const Arguments& arguments) {
  const auto scenarios = select(arguments.selection);
  if (!scenarios) return Exit::usage;
  const auto driver = choose(arguments.proxy);
  if (!driver) return Exit::badgate_failed;
  if (arguments.proxy.clock != "real" && !loopback_is_fit()) return Exit::badgate_failed;
  return run_all(*scenarios, arguments, *driver);
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
  command->add_flag("--timeline", arguments->timelines,
                    "Who did what when, also where all is well");
  command->footer(
      "Examples:\n"
      "  badgate run                              the whole shipped catalogue\n"
      "  badgate run my-scenarios/ --fail-fast    your own, up to the first failure\n"
      "  badgate run --cause slow-application     one cause of the catalogue\n"
      "  badgate run slow-application/report-takes-75s --timeline\n"
      "                                           one scenario, told step by step\n"
      "\n"
      "Exit codes: 0 all passed, 1 an expectation failed, 2 usage or bad file,\n"
      "3 badgate itself failed, 130 interrupted.");
  command->callback([arguments, &exit_code] { exit_code = run_command(*arguments); });
}

}  // namespace badgate::harness::commands
