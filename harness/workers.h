// Workers: forked processes that share a list of tasks, so that both cores are used, a crash costs
// one scenario only, and a scenario may change its process (a network namespace).
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "net/result.h"

namespace badgate::harness {

struct Workers {
  unsigned jobs = 1;  // how many processes at once
  std::size_t tasks = 0;
  // In a worker: does task `i`; what it returns is sent to the parent. `interrupt_fd` becomes
  // readable when the worker should give up.
  std::function<std::string(std::size_t i, int interrupt_fd)> work;
  // Whether task `i` wants a process of its own.
  std::function<bool(std::size_t i)> alone = [](std::size_t) { return false; };
  // In the parent, in order of completion. `how_died` is empty, or says how the worker ended
  // before it had a result. False: start no more tasks.
  std::function<bool(std::size_t i, std::string result, std::string how_died)> on_result;
};

// Returns when all tasks are done or given up, and no worker is left. SIGINT, SIGTERM and SIGHUP
// end the workers in good order; then the Error is "interrupted".
net::Result<void> run_workers(const Workers& workers);

}  // namespace badgate::harness
