#include "harness/change/sweep.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "harness/change/sweep_report.h"
#include "harness/change/varied.h"
#include "harness/commands/commands.h"
#include "harness/commands/selection.h"
#include "harness/commands/usage.h"
#include "harness/commands/write_whole.h"
#include "harness/diagnostics.h"
#include "harness/reports/terminal.h"
#include "harness/run.h"

namespace badgate::harness::commands {
namespace {

using namespace change;

struct Arguments {
  std::string vary;
  std::string against;
  std::string values;
  std::string scale;
  std::string output;
  std::string format = "terminal";
  std::size_t steps = 15;
  std::uint64_t seed = 1;
  unsigned jobs = 0;
};

void say(const std::string& message) {
  fmt::print(stderr, "badgate: {}\n", message);
}

std::optional<Scenario> scenario_of(const std::string& name) {
  auto scenarios = select({.paths = {name}, .filter = {}});
  if (!scenarios) return std::nullopt;
  // A name without a remedy means the scenario itself.
  const bool remedy = name.find(':') != name.npos;
  std::erase_if(*scenarios, [&](const Scenario& s) { return s.remedy.empty() == remedy; });
  if (scenarios->size() == 1) return std::move(scenarios->front());
  say(fmt::format("--against takes one scenario; {} are {} of them", in_quotes(name),
                  scenarios->size()));
  return std::nullopt;
}

Scale scale_of(const std::string& word) {
  return word == "log" ? Scale::logarithmic : word == "linear" ? Scale::linear : Scale::automatic;
}

// The values that are to be played.
net::Result<Sweep> planned(const Arguments& arguments, const Varied& varied) {
  const auto equals = arguments.vary.find('=');
  Sweep sweep;
  sweep.name = arguments.vary.substr(0, equals);
  sweep.own_value = varied.own_value();
  const auto add = [&](std::vector<Value> values) {
    for (Value& value : values)
      sweep.points.push_back({.value = std::move(value), .seen = {}});
  };
  if (equals != std::string::npos) {
    const auto span = parse_span(arguments.vary.substr(equals + 1), varied.usual_unit());
    if (!span) return tl::unexpected(span.error());
    sweep.unit = span->unit;
    add(values_of(*span, scale_of(arguments.scale), arguments.steps,
                  finest_step(varied, span->unit, {.amount = span->from})));
  } else {
    auto list = parse_list(arguments.values, varied.usual_unit());
    if (!list) return tl::unexpected(list.error());
    sweep.unit = list->unit;
    add(std::move(list->values));
  }
  if (sweep.unit == Unit::word) return sweep;
  sweep.logarithmic = is_logarithmic(scale_of(arguments.scale), sweep.points.front().value.amount,
                                     sweep.points.back().value.amount);
  if (const auto own = parse_list(sweep.own_value, sweep.unit); own && own->values.size() == 1)
    sweep.own_amount = own->values.front().amount;
  return sweep;
}

// Not one value could be played: then it is the name or the range that is wrong.
bool all_refused(const Sweep& sweep) {
  return std::ranges::all_of(sweep.points,
                             [](const SweepPoint& point) { return !point.seen.skipped.empty(); });
}

int report(const Scenario& scenario, const Sweep& sweep, const Arguments& arguments) {
  if (all_refused(sweep)) {
    say(sweep.points.front().seen.skipped);
    return Exit::usage;
  }
  fmt::print("{}", arguments.format == "json"
                       ? to_json(scenario, sweep)
                       : to_text(scenario, sweep, reports::Style::detect(stdout).colour));
  if (!arguments.output.empty() && !write_whole(arguments.output, to_svg(scenario, sweep)))
    return Exit::badgate_failed;
  const bool broken = std::ranges::any_of(
      sweep.points, [](const SweepPoint& point) { return !point.seen.broken.empty(); });
  return broken ? Exit::badgate_failed : Exit::all_passed;
}

int sweep_command(const Arguments& arguments) {
  const bool ranged = arguments.vary.find('=') != std::string::npos;
  if (ranged == !arguments.values.empty()) {
    say("sweep takes a range, --vary NAME=1s..60s, or --vary NAME with --values");
    return Exit::usage;
  }
  const auto scenario = scenario_of(arguments.against);
  if (!scenario) return Exit::usage;
  const auto found = varied(*scenario, arguments.vary.substr(0, arguments.vary.find('=')));
  if (!found) {
    say("--vary: " + found.error().message);
    return Exit::usage;
  }
  auto sweep = planned(arguments, **found);
  if (!sweep) {
    say((ranged ? "--vary: " : "--values: ") + sweep.error().message);
    return Exit::usage;
  }
  const SweepOptions options{.seed = arguments.seed,
                             .jobs = arguments.jobs > 0
                                         ? arguments.jobs
                                         : std::max(1U, std::thread::hardware_concurrency())};
  if (auto done = play(**found, options, *sweep); !done) {
    say(done.error().message);
    return done.error().message == kInterrupted ? Exit::interrupted : Exit::badgate_failed;
  }
  return report(*scenario, *sweep, arguments);
}

}  // namespace

void add_sweep(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("sweep", "One scenario over many values of a setting");
  command
      ->add_option("-v,--vary", arguments->vary,
                   "A directive as in `compare --set`, or a key of\nthe scenario: fault.delay")
      ->required()
      ->option_text("NAME[=FROM..TO]");
  command->add_option("-a,--against", arguments->against, "A scenario, or one of its remedies")
      ->required()
      ->option_text("SCENARIO");
  command->add_option("--values", arguments->values, "These values, in place of a range")
      ->option_text("A,B,...");
  command->add_option("--steps", arguments->steps, "How many values of a range")
      ->check(CLI::Range(std::size_t{2}, std::size_t{500}))
      ->option_text("NUMBER=15");
  command->add_option("--scale", arguments->scale, "How far apart (default: log from 1..20 on)")
      ->check(one_of({"linear", "log"}))
      ->option_text("linear|log");
  command->add_option("-o,--output", arguments->output, "An SVG of status and time over the value")
      ->option_text("FILE");
  command->add_option("--format", arguments->format, "How it is written (default: terminal)")
      ->check(one_of({"terminal", "json"}))
      ->option_text("terminal|json");
  command->add_option("--seed", arguments->seed, "All randomness comes from it")
      ->option_text("NUMBER=1");
  command->add_option("-j,--jobs", arguments->jobs, "How many at once (default: one a core)")
      ->check(CLI::Range(1U, 256U))
      ->option_text("NUMBER");
  command->footer(
      "Where the outcome changes between two values, the exact one is looked for.\n"
      "\n"
      "Examples:\n"
      "  badgate sweep --vary proxy_read_timeout=1s..2m -o plot.svg \\\n"
      "                --against slow-application/report-takes-75s\n"
      "  badgate sweep --vary fault.delay=1s..90s \\\n"
      "                --against slow-application/report-takes-75s\n"
      "  badgate sweep --vary proxy_buffer_size=1k..64k \\\n"
      "                --against header-too-big/too-many-cookies\n"
      "  badgate sweep --vary proxy_next_upstream --values 'off,error timeout' \\\n"
      "                --against retry-storm/order-placed-twice\n"
      "\n"
      "Exit codes: 0 played, 2 usage or bad file, 3 badgate itself failed,\n"
      "130 interrupted.");
  command->callback([arguments, &exit_code] { exit_code = sweep_command(*arguments); });
}

}  // namespace badgate::harness::commands
