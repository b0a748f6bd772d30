// Shelf: the catalogue as the lab lends it: read once, when the lab starts.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario.h"
#include "net/result.h"

namespace badgate::harness::lab {

struct ShelfRemedy {
  std::string name;
  std::string title;
  bool helps = false;
};

struct ShelfScenario {
  std::string name;  // "slow-application/report-takes-75s"
  std::string title;
  std::string cause;
  Explanation explanation;
  std::vector<ShelfRemedy> remedies;
  std::string text;  // of its file
};

class Shelf {
 public:
  // The Error: there is no catalogue, or it has a mistake.
  static net::Result<Shelf> of_catalogue();

  const std::vector<ShelfScenario>& all() const { return scenarios_; }
  const ShelfScenario* find(std::string_view name) const;

 private:
  std::vector<ShelfScenario> scenarios_;
};

}  // namespace badgate::harness::lab
