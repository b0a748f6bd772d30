// Which proxy is put under test and on which clock: --proxy, the path of its program, and --clock,
// the same for every command.
#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <string>

#include "harness/drivers/driver.h"
#include "harness/run.h"

namespace badgate::harness::commands {

struct ProxyChoice {
  std::string name = "builtin";
  std::string program;  // its path; empty: to be found
  std::string clock;    // "virtual", "real", "x20"; empty: the fastest that the proxy can follow
};

void add_proxy_choice(CLI::App& command, ProxyChoice& choice);
void add_clock(CLI::App& command, std::string& clock);

// Its driver, or null after having said on stderr what is missing.
std::unique_ptr<drivers::Driver> choose(const ProxyChoice& choice);

// Sets the clock and how fast it runs. Without a choice it is the virtual one where the proxy can
// follow it, else real time, faster where the proxy can live faster.
void set_clock(const std::string& clock, const drivers::Driver& driver, RunOptions& options);

// Whether the whole run takes place in real time, so that it mostly waits.
bool waits(const std::string& clock, const drivers::Driver& driver);

}  // namespace badgate::harness::commands
