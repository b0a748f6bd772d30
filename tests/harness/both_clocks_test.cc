// The virtual clock must tell the story that the real one tells: every file in both_clocks/ is run
// on both, with timeouts short enough to wait for.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "harness/judge.h"
#include "harness/load.h"
#include "harness/run.h"

using namespace badgate;
using namespace badgate::harness;
using namespace std::chrono_literals;

namespace {

// Real time may lag behind by what a busy machine takes away.
constexpr net::Duration kEarly = 10ms;
constexpr net::Duration kLate = 2s;

std::vector<std::string> files() {
  const auto folder = std::filesystem::path(BADGATE_SOURCE) / "tests/harness/both_clocks";
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// All but the times.
std::vector<std::string> story(const Outcome& o) {
  std::vector<std::string> lines;
  for (const auto& r : o.responses) {
    lines.push_back(fmt::format("{}: {} {} {} {} {}", r.request, r.status,
                                static_cast<int>(r.completeness), r.body_bytes, r.body_hash,
                                r.connection_end));
  }
  for (const auto& entry : o.access) {
    lines.push_back(fmt::format("logged {} {}", entry.status, entry.body_bytes_sent));
    for (const auto& a : entry.attempts) {
      lines.push_back(fmt::format("  {} {} connected {} header {}", a.server, a.status.value_or(0),
                                  a.connect_time.has_value(), a.header_time.has_value()));
    }
  }
  for (const auto& line : o.error_log) {
    if (line.level != "info") lines.push_back(line.level + " " + line.message);
  }
  for (const auto& b : o.backends) {
    lines.push_back(
        fmt::format("{}: {} {} {} {}", b.name, b.connections, b.requests, b.executed, b.responses));
  }
  return lines;
}

void check_times(const Outcome& on_virtual, const Outcome& on_real) {
  REQUIRE(on_virtual.responses.size() == on_real.responses.size());
  for (std::size_t i = 0; i < on_real.responses.size(); ++i) {
    const auto expected = on_virtual.responses[i].elapsed;
    const auto actual = on_real.responses[i].elapsed;
    CHECK(actual >= expected - kEarly);
    CHECK(actual <= expected + kLate);
  }
}

}  // namespace

TEST_CASE("both clocks tell the same story") {
  std::size_t compared = 0;
  for (const auto& path : files()) {
    CAPTURE(path);
    const auto loaded = load(std::vector<std::string>{path});
    REQUIRE(loaded.ok());
    for (const Scenario& scenario : loaded.scenarios) {
      const Outcome on_virtual = run(scenario, {.clock = ClockChoice::virtual_clock});
      const Outcome on_real = run(scenario, {.clock = ClockChoice::real_clock});
      CHECK(story(on_virtual) == story(on_real));
      check_times(on_virtual, on_real);
      const Verdict verdict = judge(scenario, on_virtual, Tolerance::virtual_clock());
      CHECK(verdict.state == Verdict::State::passed);
      ++compared;
    }
  }
  CHECK(compared >= 10);
}

TEST_CASE("the same seed tells the same story, another one does not") {
  const std::string text = R"(
title = "A load on a server that breaks at random"
[[upstream.app]]
service_time = "20ms"
fault = { crash = "after-request", probability = 0.2 }
[load]
rate = 20
duration = "10s"
[load.request]
)";
  const auto loaded = load_text(text, "random.toml", "random");
  REQUIRE(loaded.ok());
  const auto hash = [&](std::uint64_t seed) {
    return timeline_hash(run(loaded.scenarios.front(), {.seed = seed}));
  };
  const auto first = hash(1);
  for (int i = 0; i < 5; ++i)
    CHECK(hash(1) == first);
  CHECK(hash(2) != first);
}
