#include "harness/lab/shelf.h"

#include <algorithm>
#include <utility>

#include "harness/catalogue.h"
#include "harness/load.h"
#include "harness/load/scenario_paths.h"

namespace badgate::harness::lab {
namespace {

ShelfScenario shelved(Loaded loaded, std::string_view text) {
  Scenario& first = loaded.scenarios.front();
  ShelfScenario out{std::move(first.name),
                    std::move(first.title),
                    std::move(first.cause),
                    std::move(first.explanation),
                    {},
                    std::string(text)};
  for (const Scenario& variant : loaded.scenarios) {
    if (!variant.remedy.empty())
      out.remedies.push_back({variant.remedy, variant.remedy_title, variant.remedy_helps});
  }
  return out;
}

}  // namespace

// One file after the other, of which little is kept: every play is a copy of this process.
net::Result<Shelf> Shelf::of_catalogue() {
  const std::string folder = catalogue_folder();
  if (folder.empty())
    return net::fail("the catalogue is missing; BADGATE_SCENARIOS may name its folder");
  std::vector<Diagnostic> mistakes;
  const auto files = find_scenario_files({&folder, 1}, mistakes);
  if (!mistakes.empty()) return net::fail(to_text(mistakes));
  Shelf shelf;
  for (const std::string& file : files) {
    const auto text = read_file(file);
    if (!text) return net::fail(file + ": " + text.error().message);
    auto loaded = load_text(*text, file, scenario_name(file));
    if (!loaded.ok()) return net::fail(to_text(loaded.diagnostics));
    shelf.scenarios_.push_back(shelved(std::move(loaded), *text));
  }
  return shelf;
}

const ShelfScenario* Shelf::find(std::string_view name) const {
  const auto at = std::ranges::find(scenarios_, name, &ShelfScenario::name);
  return at == scenarios_.end() ? nullptr : &*at;
}

}  // namespace badgate::harness::lab
