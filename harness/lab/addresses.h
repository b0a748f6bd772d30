// The addresses of an incident's site, in place of the names that backends have in a scenario.
#pragma once

#include <string>
#include <string_view>

#include "harness/lab/incident.h"

namespace badgate::harness::lab {

// The name itself, if it has no address.
std::string address_of(const std::string& name, const Addresses& addresses);

void replace_all(std::string& text, std::string_view word, std::string_view by);

}  // namespace badgate::harness::lab
