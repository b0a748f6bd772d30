#include "harness/lab/shelf.h"

#include <algorithm>
#include <utility>

#include "harness/catalogue.h"
#include "harness/load.h"
#include "harness/load/scenario_paths.h"

namespace badgate::harness::lab {

net::Result<Shelf> Shelf::of_catalogue() {
  const std::string folder = catalogue_folder();
  if (folder.empty())
    return net::fail("the catalogue is missing; BADGATE_SCENARIOS may name its folder");
  auto loaded = load({&folder, 1});
  if (!loaded.ok()) return net::fail(to_text(loaded.diagnostics));
  Shelf shelf;
  for (Scenario& scenario : loaded.scenarios) {
    if (!scenario.remedy.empty()) {
      shelf.scenarios_.back().remedies.push_back(
          {scenario.remedy, scenario.remedy_title, scenario.remedy_helps});
      continue;
    }
    auto text = read_file(scenario.file);
    if (!text) return net::fail(scenario.file + ": " + text.error().message);
    shelf.scenarios_.push_back({std::move(scenario.name),
                                std::move(scenario.title),
                                std::move(scenario.cause),
                                std::move(scenario.explanation),
                                {},
                                std::move(scenario.file),
                                std::move(*text)});
  }
  return shelf;
}

const ShelfScenario* Shelf::find(std::string_view name) const {
  const auto at = std::ranges::find(scenarios_, name, &ShelfScenario::name);
  return at == scenarios_.end() ? nullptr : &*at;
}

}  // namespace badgate::harness::lab
