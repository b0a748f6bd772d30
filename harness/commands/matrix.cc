#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "harness/commands/commands.h"
#include "harness/commands/proxy_choice.h"
#include "harness/commands/selection.h"
#include "harness/commands/usage.h"
#include "harness/commands/write_whole.h"
#include "harness/cost.h"
#include "harness/drivers/registry.h"
#include "harness/matrix/matrix.h"
#include "harness/reports/terminal.h"
#include "harness/run.h"
#include "harness/scenario_needs.h"
#include "harness/workers.h"

namespace badgate::harness::commands {
namespace {

using matrix::Cell;
using matrix::Matrix;
using Drivers = std::vector<std::unique_ptr<drivers::Driver>>;

struct Arguments {
  Selection selection;
  std::string proxies;
  std::string format = "terminal";
  std::string output;
  std::uint64_t seed = 1;
  std::string clock;
  bool remedies = false;
  unsigned jobs = 0;
};

constexpr unsigned kJobsPerCore = 12;  // a cell mostly waits
constexpr std::size_t kUsualWidth = 120;

std::string_view next_word(std::string_view& rest) {
  const auto word = rest.substr(0, rest.find(','));
  rest.remove_prefix(std::min(rest.size(), word.size() + 1));
  return word;
}

CLI::Validator names_proxies() {
  return CLI::Validator(
      [known = one_of(drivers::names())](const std::string& text) {
        for (std::string_view rest = text; !rest.empty();) {
          const auto word = next_word(rest);
          std::string name(word.substr(0, word.find('=')));
          if (auto mistake = known(name); !mistake.empty()) return mistake;
        }
        return std::string();
      },
      "");
}

// "nginx,haproxy=/opt/haproxy": names, and where their programs are. Without any: all that are
// installed.
std::optional<Drivers> find_drivers(const std::string& wanted) {
  Drivers found;
  if (wanted.empty()) {
    for (const auto& entry : drivers::registry()) {
      if (auto driver = entry.find({})) found.push_back(std::move(*driver));
    }
    return found;
  }
  std::string_view rest = wanted;
  while (!rest.empty()) {
    const auto word = next_word(rest);
    const auto equals = std::min(word.find('='), word.size());
    const auto path = word.substr(std::min(word.size(), equals + 1));
    auto driver = drivers::find_driver(word.substr(0, equals), std::string(path));
    if (!driver) {
      fmt::print(stderr, "badgate: {}\n", driver.error().message);
      return std::nullopt;
    }
    found.push_back(std::move(*driver));
  }
  return found;
}

Cell play(const Scenario& scenario, const drivers::Driver& driver, const Arguments& arguments,
          int interrupt_fd) {
  RunOptions options;
  options.seed = arguments.seed;
  options.interrupt_fd = interrupt_fd;
  options.proxy = &driver;
  set_clock(arguments.clock, driver, options);
  return matrix::cell_of(run(scenario, options));
}

std::size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* columns = std::getenv("COLUMNS");
  const long width = columns != nullptr ? std::strtol(columns, nullptr, 10) : 0;
  return width > 0 ? static_cast<std::size_t>(width) : kUsualWidth;
}

std::string written(const Matrix& matrix, const Arguments& arguments) {
  if (arguments.format == "markdown") return to_markdown(matrix);
  if (arguments.format == "json") return to_json(matrix);
  if (arguments.format == "html") return to_html(matrix);
  const bool colour = arguments.output.empty() && reports::Style::detect(stdout).colour;
  return to_terminal(matrix, terminal_width(), colour);
}

// Which cell of the matrix, row by row, is played when.
std::vector<std::size_t> order_of_cells(const std::vector<Scenario>& scenarios,
                                        const Drivers& drivers, const std::string& clock) {
  std::vector<bool> in_real_time;
  for (const auto& driver : drivers)
    in_real_time.push_back(waits(clock, *driver));
  std::vector<net::Duration> costs;
  for (const Scenario& scenario : scenarios) {
    for (const bool waiting : in_real_time)
      costs.push_back(expected_cost(scenario, waiting));
  }
  return dearest_first(costs);
}

Workers workers_for(const std::vector<Scenario>& scenarios, const Drivers& drivers,
                    const Arguments& arguments, Matrix& matrix) {
  Workers workers;
  workers.jobs = arguments.jobs > 0
                     ? arguments.jobs
                     : kJobsPerCore * std::max(1U, std::thread::hardware_concurrency());
  workers.tasks = scenarios.size() * drivers.size();
  const auto order = order_of_cells(scenarios, drivers, arguments.clock);
  workers.work = [&, order](std::size_t task, int interrupt_fd) {
    const auto cell = order[task];
    return matrix::to_json(play(scenarios[cell / drivers.size()], *drivers[cell % drivers.size()],
                                arguments, interrupt_fd));
  };
  std::vector<bool> alone;
  for (const Scenario& scenario : scenarios)
    alone.push_back(needs_own_process(scenario));
  workers.alone = [alone, order, columns = drivers.size()](std::size_t task) {
    return alone[order[task] / columns];
  };
  const bool progress = reports::Style::detect(stderr).progress;
  workers.on_result = [&, order, progress, done = std::size_t{0}](
                          std::size_t task, std::string result, std::string how_died) mutable {
    auto cell = matrix::cell_from_json(result);
    if (!how_died.empty()) {
      cell = Cell{.broken = "the process that played it " + how_died};
    } else if (!cell) {
      cell = Cell{.broken = cell.error().message};
    }
    const auto at = order[task];
    matrix.rows[at / drivers.size()].cells[at % drivers.size()] = std::move(*cell);
    if (progress) fmt::print(stderr, "\r{}/{}", ++done, workers.tasks);
    return true;
  };
  return workers;
}

int matrix_command(const Arguments& arguments) {
  const auto drivers = find_drivers(arguments.proxies);
  if (!drivers) return Exit::badgate_failed;
  auto scenarios = select(arguments.selection);
  if (!scenarios) return Exit::usage;
  if (!arguments.remedies)
    std::erase_if(*scenarios, [](const Scenario& scenario) { return !scenario.remedy.empty(); });
  Matrix matrix;
  for (const auto& driver : *drivers)
    matrix.columns.push_back({driver->name(), driver->version()});
  for (const Scenario& scenario : *scenarios) {
    matrix.rows.push_back({scenario.name, scenario.title, scenario.cause,
                           std::vector<Cell>(drivers->size(), Cell{.skipped = "not played"})});
  }
  const auto workers = workers_for(*scenarios, *drivers, arguments, matrix);
  const auto done = run_workers(workers);
  if (reports::Style::detect(stderr).progress) fmt::print(stderr, "\r");
  if (!done) {
    fmt::print(stderr, "badgate: {}\n", done.error().message);
    return done.error().message == kInterrupted ? Exit::interrupted : Exit::badgate_failed;
  }
  const auto text = written(matrix, arguments);
  if (arguments.output.empty()) {
    fmt::print("{}", text);
  } else if (!write_whole(arguments.output, text)) {
    return Exit::badgate_failed;
  }
  bool broken = false;
  for (std::size_t i = 0; i < matrix.columns.size(); ++i)
    broken |= matrix.count(i).broken > 0;
  return broken ? Exit::badgate_failed : Exit::all_passed;
}

}  // namespace

void add_matrix(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("matrix", "What each proxy does with each scenario");
  add_selection(*command, arguments->selection);
  command->add_option("--proxy", arguments->proxies, "Which, and where (default: all installed)")
      ->check(names_proxies())
      ->option_text("NAME[=PATH],…");
  command->add_option("--format", arguments->format, "How it is written (default: terminal)")
      ->check(one_of({"terminal", "markdown", "json", "html"}))
      ->option_text("terminal|markdown|json|html");
  command->add_option("-o,--output", arguments->output, "Into this file")->option_text("FILE");
  command->add_flag("--remedies", arguments->remedies, "Remedies are rows, too");
  command->add_option("--seed", arguments->seed, "All randomness comes from it")
      ->option_text("NUMBER=1");
  add_clock(*command, arguments->clock);
  command->add_option("-j,--jobs", arguments->jobs, "How many at once (default: 12 a core)")
      ->check(CLI::Range(1U, 256U))
      ->option_text("NUMBER");
  command->footer(
      "Examples:\n"
      "  badgate matrix truncated-response      a part of the catalogue, all proxies\n"
      "  badgate matrix --proxy nginx,haproxy   the whole catalogue on these two\n"
      "  badgate matrix --proxy nginx,nginx=/opt/new/sbin/nginx\n"
      "                                         what changes with an upgrade\n"
      "  badgate matrix --format html -o m.html one page, each cell with its story\n"
      "\n"
      "Exit codes: 0 each cell is a result or a skip with its reason,\n"
      "2 usage or bad file, 3 badgate or a proxy failed, 130 interrupted.");
  command->callback([arguments, &exit_code] { exit_code = matrix_command(*arguments); });
}

}  // namespace badgate::harness::commands
