#include "harness/commands/selection.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>

#include "harness/commands/usage.h"
#include "harness/load.h"
#include "harness/load/scenario_paths.h"
#include "net/text.h"

namespace badgate::harness::commands {

void add_selection(CLI::App& command, Selection& selection) {
  command.add_option("PATH", selection.paths, "Files, folders, names of the catalogue (or all)")
      ->type_name("");
  // One value each, or `--cause firewall my-scenarios/` would take the folder for a second cause.
  const auto add_filter = [&](const char* flags, std::vector<std::string>& values, const char* doc,
                              const char* value) {
    command.add_option(flags, values, doc)->allow_extra_args(false)->option_text(value);
  };
  add_filter("-n,--name", selection.filter.names, "Only those whose name contains this", "TEXT");
  add_filter("--cause", selection.filter.causes, "Only those of this cause", "CAUSE");
  add_filter("--tag", selection.filter.tags, "Only those with this tag", "TAG");
}

bool Selection::narrowed() const {
  const bool everything = paths.empty() || (paths.size() == 1 && paths.front() == "all");
  return !everything || !filter.names.empty() || !filter.causes.empty() || !filter.tags.empty();
}

namespace {

// The causes and scenarios that there are by their files' names, whether or not those can be read.
std::vector<std::string> names_in_catalogue() {
  std::vector<Diagnostic> ignored;
  std::set<std::string> names;
  const std::string folder = catalogue_folder();
  for (const auto& file : find_scenario_files({&folder, 1}, ignored)) {
    const std::string name = scenario_name(file);
    names.insert(name);
    names.insert(name.substr(0, name.find('/')));
  }
  return {names.begin(), names.end()};
}

// What is neither a file nor in the catalogue was meant to be one of them.
void suggest_names(std::vector<Diagnostic>& diagnostics) {
  for (Diagnostic& d : diagnostics) {
    std::error_code ignored;
    if (std::filesystem::exists(std::filesystem::symlink_status(d.position.file, ignored)))
      continue;
    const auto names = names_in_catalogue();
    const std::vector<std::string_view> views(names.begin(), names.end());
    d.suggestion = net::nearest(d.position.file, views);
  }
}

bool has_remedy(const std::vector<Scenario>& scenarios, const NamedPath& named) {
  return std::any_of(scenarios.begin(), scenarios.end(), [&](const Scenario& s) {
    return s.file == named.path && s.remedy == named.remedy;
  });
}

// Not if only other remedies of its file are named.
bool is_named(const Scenario& scenario, const std::vector<NamedPath>& named) {
  bool file_is_named = false;
  for (const NamedPath& one : named) {
    if (one.path != scenario.file) continue;
    if (one.remedy.empty() || one.remedy == scenario.remedy) return true;
    file_is_named = true;
  }
  return !file_is_named;
}

// Everything that the user named, or the whole catalogue; nullopt after saying what is wrong.
std::optional<std::vector<Scenario>> load_named(const std::vector<std::string>& names) {
  std::vector<std::string> paths;
  std::vector<NamedPath> named;
  for (const auto& name : names) {
    named.push_back(find_named(name));
    paths.push_back(named.back().path);
  }
  if (names.empty()) paths.push_back(catalogue_folder());
  if (paths.front().empty()) {
    fmt::print(stderr,
               "badgate: the catalogue is missing; BADGATE_SCENARIOS may name its folder\n");
    return std::nullopt;
  }
  auto loaded = load(paths);
  if (!loaded.ok()) {
    suggest_names(loaded.diagnostics);
    fmt::print(stderr, "{}", to_text(loaded.diagnostics));
    return std::nullopt;
  }
  for (const NamedPath& one : named) {
    if (one.remedy.empty() || has_remedy(loaded.scenarios, one)) continue;
    say_no_remedy(loaded.scenarios, one.path, one.remedy);
    return std::nullopt;
  }
  std::erase_if(loaded.scenarios,
                [&](const Scenario& scenario) { return !is_named(scenario, named); });
  return std::move(loaded.scenarios);
}

// A filter that no scenario passes was mistyped, or belongs to other files.
void say_nothing_left(const std::vector<Scenario>& scenarios, const Filter& filter) {
  std::set<std::string> causes;
  std::set<std::string> tags;
  for (const Scenario& s : scenarios) {
    causes.insert(s.cause);
    tags.insert(s.tags.begin(), s.tags.end());
  }
  const auto say_unknown = [](const char* what, const std::vector<std::string>& given,
                              const std::set<std::string>& known) {
    for (const auto& name : given) {
      if (known.contains(name)) continue;
      fmt::print(stderr, "badgate: no scenario has the {} {}{}\n", what, in_quotes(name),
                 did_you_mean(name, {known.begin(), known.end()}));
    }
  };
  say_unknown("cause", filter.causes, causes);
  say_unknown("tag", filter.tags, tags);
  for (const auto& name : filter.names) {
    fmt::print(stderr, "badgate: no scenario that is left has {} in its name\n", in_quotes(name));
  }
  fmt::print(stderr, "Nothing is selected; `badgate list scenarios` lists what there is.\n");
}

}  // namespace

void say_no_remedy(const std::vector<Scenario>& scenarios, const std::string& file,
                   const std::string& remedy) {
  std::vector<std::string> names;
  std::string list;
  for (const Scenario& s : scenarios) {
    if (s.file != file || s.remedy.empty()) continue;
    names.push_back(s.remedy);
    list += fmt::format("  {}  {}\n", s.remedy, s.remedy_title);
  }
  fmt::print(stderr, "badgate: {} has no remedy {}{}\n{}", file, in_quotes(remedy),
             did_you_mean(remedy, names),
             list.empty() ? "It has none at all.\n" : "It has:\n" + list);
}

std::optional<std::vector<Scenario>> select(const Selection& selection) {
  auto scenarios = load_named(selection.paths);
  if (!scenarios) return std::nullopt;
  std::vector<Scenario> chosen;
  std::copy_if(scenarios->begin(), scenarios->end(), std::back_inserter(chosen),
               [&](const Scenario& scenario) { return selection.filter.passes(scenario); });
  if (chosen.empty()) {
    say_nothing_left(*scenarios, selection.filter);
    return std::nullopt;
  }
  return chosen;
}

}  // namespace badgate::harness::commands
