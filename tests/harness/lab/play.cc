#include "tests/harness/lab/play.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "harness/load.h"
#include "harness/run.h"
#include "harness/scenario_needs.h"
#include "net/text.h"

namespace badgate::tests {

using namespace harness;

Outcome play(const std::string& text, std::uint64_t seed) {
  const auto loaded = load_text(text, "played.toml", "played");
  INFO(text);
  INFO(to_text(loaded.diagnostics));
  REQUIRE(loaded.ok());
  // The lab plays on any machine, whatever it allows.
  CHECK(!needs_own_process(loaded.scenarios.front()));
  const Outcome outcome =
      run(loaded.scenarios.front(), {.seed = seed, .clock = ClockChoice::virtual_clock});
  CHECK(outcome.broken == "");
  CHECK(outcome.skipped == "");
  CHECK(outcome.start_error == "");
  return outcome;
}

std::string told(const Outcome& outcome) {
  std::string out;
  for (const Response& r : outcome.responses) {
    out += fmt::format("{}: {} {} {}b {}{}\n", r.request, r.status, to_string(r.completeness),
                       r.body_bytes, net::format_duration(r.elapsed), r.client_left ? " left" : "");
  }
  for (const AccessEntry& entry : outcome.access)
    out += entry.line + "\n";
  for (const LogLine& line : outcome.error_log)
    out += fmt::format("[{}] {}\n", line.level, line.message);
  for (const BackendSeen& seen : outcome.backends) {
    out += fmt::format("{}: {} connections, {} requests, {} executed, {} responses\n", seen.name,
                       seen.connections, seen.requests, seen.executed, seen.responses);
  }
  return out;
}

std::string lab_file(const std::string& path) {
  std::ifstream file(std::string(BADGATE_SOURCE) + "/harness/lab/" + path);
  REQUIRE(file.good());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> lab_names(const std::string& folder) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(BADGATE_SOURCE) +
                                                               "/harness/lab/" + folder)) {
    if (entry.path().extension() == ".toml") out.push_back(entry.path().stem().string());
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace badgate::tests
