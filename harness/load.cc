#include "harness/load.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <map>
#include <utility>

#include "harness/load/document.h"
#include "harness/load/read_scenario.h"
#include "harness/load/remedy.h"
#include "harness/load/scenario_paths.h"
#include "harness/printable.h"

namespace badgate::harness {
namespace {

void append(Loaded& into, Loaded from) {
  std::move(from.scenarios.begin(), from.scenarios.end(), std::back_inserter(into.scenarios));
  std::move(from.diagnostics.begin(), from.diagnostics.end(), std::back_inserter(into.diagnostics));
}

Place place_of_byte(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  const std::size_t newline = before.rfind('\n');
  const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
  const auto line = std::count(before.begin(), before.end(), '\n');
  return {static_cast<std::uint32_t>(line) + 1,
          static_cast<std::uint32_t>(glyphs(before.substr(start)).size()) + 1, 1};
}

// What is no text at all is told before the TOML parser stumbles over it.
bool check_text(Diagnostics& diagnostics, std::string_view text) {
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    diagnostics.add({}, fmt::format("this is no text: byte {} is NUL", nul + 1),
                    "a scenario file in TOML");
    return false;
  }
  if (const std::size_t bad = find_invalid_utf8(text); bad != std::string_view::npos) {
    diagnostics.add(place_of_byte(text, bad), "this byte is not UTF-8", "the file saved as UTF-8");
    return false;
  }
  const bool blank =
      std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isspace(c) != 0; });
  if (blank)
    diagnostics.add({}, "this file is empty", "a scenario; docs/scenarios.md has examples");
  return !blank;
}

Scenario named(Scenario scenario, const std::string& file, const std::string& name) {
  scenario.file = file;
  scenario.name = name;
  scenario.position = {file, 1, 1};
  return scenario;
}

void read_document(Diagnostics& diagnostics, const Node& root, const std::string& file,
                   const std::string& name, std::vector<Scenario>& out) {
  out.push_back(named(read_scenario(diagnostics, root), file, name));
  for_each_remedy(diagnostics, root, [&](Remedy remedy) {
    diagnostics.under_remedy(remedy.name, std::move(remedy.own));
    Scenario variant =
        named(read_scenario(diagnostics, remedy.document), file, name + ":" + remedy.name);
    variant.position = diagnostics.position(remedy.place);
    variant.remedy = remedy.name;
    variant.remedy_title = remedy.title;
    variant.remedy_helps = remedy.helps;
    out.push_back(std::move(variant));
  });
  diagnostics.under_remedy({}, {});
}

// Files of the same folder and name in different places are called by their whole path.
void make_names_unique(std::vector<Scenario>& scenarios) {
  std::map<std::string, int> uses;
  for (const Scenario& scenario : scenarios)
    ++uses[scenario.name];
  for (Scenario& scenario : scenarios) {
    if (uses[scenario.name] < 2) continue;
    scenario.name = scenario.file.substr(0, scenario.file.rfind(".toml"));
    if (!scenario.remedy.empty()) scenario.name += ":" + scenario.remedy;
  }
}

}  // namespace

Loaded load_text(std::string_view text, const std::string& file, const std::string& name) {
  Diagnostics diagnostics(file, text);
  Loaded loaded;
  if (check_text(diagnostics, text)) {
    if (const auto root = parse_document(text, diagnostics))
      read_document(diagnostics, *root, file, name, loaded.scenarios);
  }
  loaded.diagnostics = diagnostics.take();
  if (!loaded.ok()) loaded.scenarios.clear();
  return loaded;
}

Loaded load(std::span<const std::string> paths) {
  Loaded loaded;
  for (const std::string& path : find_scenario_files(paths, loaded.diagnostics)) {
    const auto text = read_file(path);
    if (text) {
      append(loaded, load_text(*text, path, scenario_name(path)));
    } else {
      loaded.diagnostics.push_back(about_file(path, text.error().message));
    }
  }
  make_names_unique(loaded.scenarios);
  return loaded;
}

}  // namespace badgate::harness
