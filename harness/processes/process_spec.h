// ProcessSpec: a program that is a backend, as a scenario describes it.
#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "net/time.h"

namespace badgate::harness::processes {

struct ProcessSpec {
  // Texts may have {port}, {socket} and {folder}, and the names of other backends.
  std::vector<std::string> command;
  std::vector<std::pair<std::string, std::string>> environment;  // beside badgate's own
  std::vector<std::pair<std::string, std::string>> files;        // name and text, in {folder}
  std::string directory;                                         // empty: badgate's own
  std::string root;  // what directives call {folder}, as "/srv/app"; empty: nothing does
  net::Duration ready_timeout = std::chrono::seconds(10);
  int stop_signal = SIGTERM;
  net::Duration stop_timeout = std::chrono::seconds(2);
  std::uint64_t memory_limit = 0;  // bytes of address space of each process; 0: none
  std::uint64_t files_limit = 0;   // open files of each process; 0: none
};

}  // namespace badgate::harness::processes
