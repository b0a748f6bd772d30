// Which proxy is put under test: --proxy and the path of its program, the same for every command.
#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <string>

#include "harness/drivers/driver.h"

namespace badgate::harness::commands {

struct ProxyChoice {
  std::string name = "builtin";
  std::string program;    // its path; empty: to be found
  double time_scale = 1;  // how many times faster real time runs
};

void add_proxy_choice(CLI::App& command, ProxyChoice& choice);
void add_time_scale(CLI::App& command, ProxyChoice& choice);

// Its driver, or null after having said on stderr what is missing.
std::unique_ptr<drivers::Driver> choose(const ProxyChoice& choice);

}  // namespace badgate::harness::commands
