// A scenario's requests as commands for a shell.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario.h"

namespace badgate::harness {

// One line each, in order; what curl alone does not do follows as a comment. `url` is where the
// proxy listens: "http://127.0.0.1:8080".
std::vector<std::string> curl_commands(const Scenario& scenario, std::string_view url);

}  // namespace badgate::harness
