// The table of proxies that can be put under test: which are installed, and what scenarios can ask
// of them.
#pragma once

#include <string>
#include <vector>

#include "harness/drivers/supports.h"

namespace badgate::harness::drivers {

struct ListedProxy {
  std::string name;
  std::string version;  // empty: it is not installed
  Supports supports;
  std::string missing{};  // what is to be installed, in words
};

// With a header and what its words mean, in at most 80 columns as long as versions are short.
std::string proxies_table(const std::vector<ListedProxy>& proxies);

}  // namespace badgate::harness::drivers
