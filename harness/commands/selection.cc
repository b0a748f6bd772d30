#include "harness/commands/selection.h"

#include <fmt/core.h>

#include <algorithm>

#include "harness/load.h"

namespace badgate::harness::commands {

void add_selection(CLI::App& command, Selection& selection) {
  command.add_option("PATH", selection.paths,
                     "Scenario files, folders, or names of the catalogue (default: all of it)");
  command.add_option("-n,--name", selection.filter.names, "Only those whose name contains this")
      ->type_name("TEXT");
  command.add_option("--cause", selection.filter.causes, "Only those of this cause")
      ->type_name("CAUSE");
  command.add_option("--tag", selection.filter.tags, "Only those with this tag")->type_name("TAG");
}

namespace {

// Everything that the user named, or the whole catalogue; nullopt after saying what is wrong.
std::optional<std::vector<Scenario>> load_named(const std::vector<std::string>& names) {
  std::vector<std::string> paths;
  std::vector<NamedPath> with_remedy;
  for (const auto& name : names) {
    NamedPath found = find_named(name);
    paths.push_back(found.path);
    if (!found.remedy.empty()) with_remedy.push_back(std::move(found));
  }
  if (names.empty()) paths.push_back(catalogue_folder());
  auto loaded = load(paths);
  if (!loaded.ok()) {
    fmt::print(stderr, "{}", to_text(loaded.diagnostics));
    return std::nullopt;
  }
  std::erase_if(loaded.scenarios, [&](const Scenario& scenario) {
    return std::any_of(with_remedy.begin(), with_remedy.end(), [&](const NamedPath& named) {
      return scenario.file == named.path && scenario.remedy != named.remedy;
    });
  });
  return std::move(loaded.scenarios);
}

}  // namespace

std::optional<std::vector<Scenario>> select(const Selection& selection) {
  auto scenarios = load_named(selection.paths);
  if (!scenarios) return std::nullopt;
  std::erase_if(*scenarios,
                [&](const Scenario& scenario) { return !selection.filter.passes(scenario); });
  if (scenarios->empty()) {
    fmt::print(stderr, "badgate: no such scenario; see `badgate list scenarios`\n");
    return std::nullopt;
  }
  return scenarios;
}

}  // namespace badgate::harness::commands
