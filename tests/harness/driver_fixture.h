// What the tests of drivers have in common: settings to write a configuration from, a recorder to
// read log lines into, and a run of the real program where nobody listens.
#pragma once

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "harness/drivers/external.h"
#include "harness/drivers/registry.h"
#include "harness/load.h"
#include "harness/run.h"
#include "net/clock.h"

namespace badgate::tests {

inline harness::Scenario scenario_of(const std::string& text) {
  auto loaded = harness::load_text("title = \"A test\"\n" + text, "test.toml", "test");
  REQUIRE(loaded.ok());
  return std::move(loaded.scenarios.front());
}

// Servers listen on ports from 9000; the scenario needs no request.
inline harness::drivers::Setup setup_of(const std::string& text) {
  const bool asks = text.find("[[request]]") != text.npos;
  const harness::Scenario scenario = scenario_of(asks ? text : text + "\n[[request]]\n");
  harness::drivers::Setup setup;
  setup.settings = scenario.proxy;
  std::uint16_t port = 9000;
  for (auto& group : setup.settings.upstreams) {
    for (auto& server : group.servers)
      server.address = net::Address::loopback(port++);
  }
  setup.settings.listen = {net::Address::loopback()};
  setup.directives = scenario.directives;
  return setup;
}

inline harness::drivers::Place place(double time_scale = 1) {
  return {.folder = "/folder",
          .listen = net::Address::loopback(8080),
          .access_log = "/log",
          .access_fd = 3,
          .time_scale = time_scale};
}

// What follows the line that begins with `last`: the part that is not the same for every scenario.
// Of an Error, its words.
inline std::string lines_behind(const net::Result<std::string>& config, std::string_view last) {
  if (!config) return config.error().message;
  const auto at = config->find(last);
  REQUIRE(at != config->npos);
  return config->substr(config->find('\n', at) + 1);
}

// Why a scenario is skipped.
template <typename Rendered>
std::string reason_of_skip(const net::Result<Rendered>& rendered) {
  REQUIRE_FALSE(rendered);
  CHECK(rendered.error().code == ENOTSUP);
  return rendered.error().message;
}

// Has read log lines.
struct Logged {
  std::unique_ptr<net::Clock> clock = net::make_real_clock();
  net::Loop loop{*clock};
  harness::Recorder recorder{loop};
};

// What comes of one request, on the real program, to a server where nobody listens: 503. Nothing
// where it is not installed, which is said.
inline std::optional<harness::Outcome> refused_on(const std::string& proxy,
                                                  std::string_view version) {
  const auto driver = harness::drivers::find_driver(proxy);
  if (!driver) {
    fmt::print("skipped: {}\n", driver.error().message);
    return std::nullopt;
  }
  CHECK((*driver)->version().starts_with(version));
  auto outcome =
      harness::run(scenario_of("[[upstream.app]]\nfault = { down = \"refuse\" }\n[[request]]\n"),
                   {.proxy = driver->get()});
  CHECK(outcome.broken == "");
  REQUIRE(outcome.responses.size() == 1);
  CHECK(outcome.responses[0].status == 503);
  REQUIRE(outcome.access.size() == 1);
  CHECK(outcome.access[0].status == 503);
  REQUIRE_FALSE(outcome.error_log.empty());
  return outcome;
}

}  // namespace badgate::tests
