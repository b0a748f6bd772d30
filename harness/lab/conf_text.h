// ConfText: the proxy's settings of a scenario as the nginx.conf that an operator would find.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "harness/scenario.h"

namespace badgate::harness::lab {

// `addresses`: what stands in place of each backend's name; of one that has none, its name stands.
std::string conf_text(const Scenario& scenario,
                      const std::vector<std::pair<std::string, std::string>>& addresses);

}  // namespace badgate::harness::lab
