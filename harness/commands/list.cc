#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "fault_backends/backend.h"
#include "harness/commands/commands.h"
#include "harness/commands/selection.h"
#include "harness/drivers/proxies_table.h"
#include "harness/drivers/registry.h"

namespace badgate::harness::commands {
namespace {

// The schedule that every fault takes beside its own parameters.
constexpr std::string_view kEveryFault =
    "Every fault also takes: times = N, after = N, between = [\"10s\", \"40s\"], "
    "probability = \"5%\".\n";

int list_faults() {
  std::string_view family;
  for (const auto& preset : fault_backends::presets()) {
    if (preset.family != family) {
      fmt::print("{}{}\n", family.empty() ? "" : "\n", preset.family);
      family = preset.family;
    }
    fmt::print("  {{ {} = \"{}\" }}\n      {}\n", preset.family, preset.kind, preset.doc);
    for (const auto& parameter : preset.parameters) {
      const auto fallback = parameter.fallback.empty()
                                ? std::string()
                                : fmt::format(" (default {})", parameter.fallback);
      fmt::print("      {}: {}. {}{}\n", parameter.name, parameter.syntax, parameter.doc, fallback);
    }
  }
  fmt::print("\n{}", kEveryFault);
  return Exit::all_passed;
}

int list_scenarios(const Selection& selection) {
  const auto scenarios = select(selection);
  if (!scenarios) return Exit::usage;
  std::size_t width = 0;
  for (const auto& s : *scenarios)
    width = std::max(width, s.name.size());
  for (const auto& s : *scenarios) {
    fmt::print("{:<{}}  {}\n", s.name, width, s.remedy.empty() ? s.title : s.remedy_title);
  }
  return Exit::all_passed;
}

std::string counted(std::size_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

int list_causes(const Selection& selection) {
  const auto scenarios = select(selection);
  if (!scenarios) return Exit::usage;
  struct Count {
    std::size_t scenarios = 0;
    std::size_t remedies = 0;
  };
  std::map<std::string, Count> causes;
  for (const auto& s : *scenarios) {
    Count& count = causes[s.cause];
    ++(s.remedy.empty() ? count.scenarios : count.remedies);
  }
  std::size_t width = 0;
  for (const auto& [cause, count] : causes)
    width = std::max(width, cause.size());
  for (const auto& [cause, count] : causes) {
    fmt::print("{:<{}}  {}, {}\n", cause, width, counted(count.scenarios, "scenario", "scenarios"),
               counted(count.remedies, "remedy", "remedies"));
  }
  // Not among what a script reads.
  if (::isatty(STDOUT_FILENO) == 1) fmt::print("\n`badgate show CAUSE` explains one.\n");
  return Exit::all_passed;
}

int list_proxies() {
  std::vector<drivers::ListedProxy> all;
  for (const auto& entry : drivers::registry()) {
    const auto driver = entry.find({});
    drivers::ListedProxy& one =
        all.emplace_back(drivers::ListedProxy{std::string(entry.name), {}, entry.supports()});
    if (!driver) {
      one.missing = driver.error().message;
      continue;
    }
    one.version = (*driver)->version();
    auto& time = one.supports.time;
    if (const auto able = (*driver)->can_live_virtually();
        !able && time == drivers::TimeSupport::simulated) {
      time = drivers::TimeSupport::faked;
      one.missing = able.error().message;
    }
    if (const auto able = (*driver)->can_scale_time();
        !able && time != drivers::TimeSupport::simulated) {
      time = drivers::TimeSupport::real;
      one.missing = able.error().message;
    }
  }
  fmt::print("{}", drivers::proxies_table(all));
  return Exit::all_passed;
}

}  // namespace

void add_list(CLI::App& app, int& exit_code) {
  auto selection = std::make_shared<Selection>();
  CLI::App* command = app.add_subcommand("list", "List faults, causes, scenarios, proxies");
  command->require_subcommand(1);
  CLI::App* faults =
      command->add_subcommand("faults", "What can be wrong with a backend, with parameters");
  faults->footer("Example:\n  badgate list faults | less");
  faults->callback([&exit_code] { exit_code = list_faults(); });
  CLI::App* causes = command->add_subcommand("causes", "The causes of the catalogue");
  add_selection(*causes, *selection);
  causes->footer("Example:\n  badgate list causes --tag timeout");
  causes->callback([selection, &exit_code] { exit_code = list_causes(*selection); });
  CLI::App* scenarios = command->add_subcommand("scenarios", "Scenarios and their remedies");
  add_selection(*scenarios, *selection);
  scenarios->footer("Example:\n  badgate list scenarios --cause firewall");
  scenarios->callback([selection, &exit_code] { exit_code = list_scenarios(*selection); });
  CLI::App* proxies =
      command->add_subcommand("proxies", "What can be put under test, and what it supports");
  proxies->footer("Example:\n  badgate list proxies");
  proxies->callback([&exit_code] { exit_code = list_proxies(); });
  command->footer(
      "Examples:\n"
      "  badgate list causes\n"
      "  badgate list scenarios --cause firewall\n"
      "  badgate list faults");
}

}  // namespace badgate::harness::commands
