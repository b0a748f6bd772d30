// Remedies: [remedy.NAME] is laid over the document, which makes a variant of the scenario.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/diagnostics.h"
#include "harness/load/document.h"
#include "harness/load/schema.h"

namespace badgate::harness {

struct Remedy {
  std::string name;
  std::string title;
  bool helps = false;
  Place place;             // of its header
  std::vector<Place> own;  // of everything that it says
  Node document;           // the scenario's, with the remedy laid over it
};

// Keys that a remedy has beside those of a scenario.
Keys<Remedy> remedy_keys();

// Lays `changes` over `base` as a remedy does: tables merge, lists replace.
void lay_over(Diagnostics& diagnostics, Node& base, const Node& changes);

// Calls `use` with each remedy of the document, in its order; one at a time, as each holds a copy
// of the document. Mistakes of the remedy itself go to `diagnostics`.
void for_each_remedy(Diagnostics& diagnostics, const Node& root,
                     const std::function<void(Remedy)>& use);

}  // namespace badgate::harness
