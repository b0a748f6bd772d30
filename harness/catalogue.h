// The shipped catalogue: where its files are, and which of them a user means.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "harness/scenario.h"

namespace badgate::harness {

// $BADGATE_SCENARIOS, else beside the installed program, else in the source tree that it was built
// from (a packaged program: where it was to be installed). Empty: there is none.
std::string catalogue_folder();

// What the user named, as a path to load: files and folders as they are, names of the catalogue
// ("slow-application", "slow-application/deadlock") as its files. A remedy may follow
// ("…/deadlock:restart"); it is cut off and returned beside the path.
struct NamedPath {
  std::string path;
  std::string remedy;
};
NamedPath find_named(const std::string& name);

// Which scenarios to take. A filter that is empty lets all pass.
struct Filter {
  std::vector<std::string> names;   // a part of the name
  std::vector<std::string> causes;  // the cause, whole
  std::vector<std::string> tags;

  bool passes(const Scenario& scenario) const;
};

}  // namespace badgate::harness
