// Plays the catalogue on a real proxy and prints what it wrote to its logs, for
// tests/golden/evidence: record_evidence PROXY. Names that stand for the addresses of a run
// ("app[0]") become addresses of the same kind again.
#include <fmt/core.h>

#include <map>
#include <nlohmann/json.hpp>

#include "harness/drivers/registry.h"
#include "harness/load.h"
#include "harness/run.h"
#include "harness/scenario_needs.h"
#include "harness/workers.h"

using namespace badgate::harness;
using nlohmann::json;

namespace {

// Of a scenario with hundreds of requests.
constexpr std::size_t kMostLines = 14;

std::string address_of(const BackendSpec& backend, std::size_t number) {
  switch (backend.transport) {
    case BackendSpec::Transport::unix:
      return fmt::format("unix:/run/app-{}.sock", number);
    case BackendSpec::Transport::tcp6:
      return fmt::format("[::1]:{}", 9000 + number);
    case BackendSpec::Transport::tcp:
      break;
  }
  return fmt::format("127.0.0.1:{}", 9000 + number);
}

void replace_all(std::string& text, const std::string& word, const std::string& by) {
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + by.size()))
    text.replace(at, word.size(), by);
}

std::string with_addresses(std::string line, const Scenario& scenario) {
  for (std::size_t i = 0; i < scenario.backends.size(); ++i) {
    const auto& backend = scenario.backends[i];
    replace_all(line, fmt::format("{{{}.port}}", backend.name), std::to_string(9000 + i));
    replace_all(line, backend.name, address_of(backend, i));
  }
  replace_all(line, "\n", " ");
  return line;
}

// Both logs in the order in which they were written, without what says nothing.
std::vector<std::string> log_of(const Scenario& scenario, const Outcome& outcome) {
  std::vector<std::string> lines;
  std::size_t errors = 0;
  std::size_t requests = 0;
  for (const Fact& fact : outcome.timeline) {
    std::string line;
    if (fact.who == "error.log" && errors < outcome.error_log.size()) {
      line = outcome.error_log[errors++].whole;
    } else if (fact.who == "access.log" && requests < outcome.access.size()) {
      line = outcome.access[requests++].line;
    }
    if (line.empty() || line.find("closed keepalive connection") != line.npos) continue;
    if (lines.size() < kMostLines) lines.push_back(with_addresses(std::move(line), scenario));
  }
  return lines;
}

}  // namespace

int main(int argc, char** argv) {
  const auto driver = drivers::find_driver(argc > 1 ? argv[1] : "nginx");
  const auto loaded = load(std::vector<std::string>{BADGATE_SOURCE "/scenarios"});
  if (!driver || !loaded.ok()) {
    fmt::print(stderr, "record_evidence: {}\n",
               driver ? "the catalogue is broken" : driver.error().message);
    return 1;
  }
  std::map<std::size_t, std::vector<std::string>> logs;
  Workers workers;
  workers.jobs = 2;
  workers.tasks = loaded.scenarios.size();
  workers.work = [&](std::size_t i, int interrupt_fd) {
    const RunOptions options{
        .interrupt_fd = interrupt_fd, .proxy = driver->get(), .programs = false};
    const json lines = log_of(loaded.scenarios[i], run(loaded.scenarios[i], options));
    return lines.dump(-1, ' ', false, json::error_handler_t::replace);
  };
  workers.alone = [&](std::size_t i) { return needs_own_process(loaded.scenarios[i]); };
  workers.on_result = [&](std::size_t i, const std::string& result, const std::string& how_died) {
    if (how_died.empty()) logs[i] = json::parse(result).get<std::vector<std::string>>();
    return true;
  };
  if (!run_workers(workers)) return 1;
  fmt::print("# Written by {} {}; ci/record-evidence makes this file.\n", (*driver)->name(),
             (*driver)->version());
  for (const auto& [i, lines] : logs) {
    if (lines.empty() || !loaded.scenarios[i].remedy.empty()) continue;
    fmt::print("# {}\n", loaded.scenarios[i].name);
    for (const auto& line : lines)
      fmt::print("{}\n", line);
  }
  return 0;
}
