#include "harness/commands/proxy_choice.h"

#include <fmt/core.h>

#include <charconv>
#include <optional>
#include <vector>

#include "harness/commands/usage.h"
#include "harness/drivers/registry.h"

namespace badgate::harness::commands {
namespace {

// Faster, and a machine's noise becomes as large as the times that scenarios tell apart.
constexpr double kUsualFactor = 20;
constexpr double kLargestFactor = 100;

// "x20"; nullopt: no factor.
std::optional<double> factor_of(std::string_view text) {
  if (!text.starts_with('x')) return std::nullopt;
  double factor = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), factor);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && factor >= 1 && factor <= kLargestFactor ? std::optional(factor) : std::nullopt;
}

}  // namespace

void add_proxy_choice(CLI::App& command, ProxyChoice& choice) {
  command
      .add_option(
          "--proxy", choice.name,
          "What is put under test (default: badgate's own);\n`badgate list proxies` names them")
      ->check(one_of(drivers::names()))
      ->option_text("NAME");
  command
      .add_option_function<std::string>(
          "--nginx",
          [&choice](const std::string& path) {
            choice.name = "nginx";
            choice.program = path;
          },
          "A real nginx: the path of its program")
      ->option_text("PATH");
}

void add_clock(CLI::App& command, std::string& clock) {
  command
      .add_option("--clock", clock,
                  "virtual: waiting costs nothing; real: it does;\n"
                  "x20, or x1 to x100: real time is so much faster\n"
                  "(default: the fastest that the proxy follows)")
      ->check(CLI::Validator(
          [known = one_of({"virtual", "real", "x20"})](std::string& text) {
            return factor_of(text) ? std::string() : known(text);
          },
          ""))
      ->option_text("virtual|real|x20");
}

void set_clock(const std::string& clock, const drivers::Driver& driver, RunOptions& options) {
  const auto factor = factor_of(clock);
  if (clock == "virtual") {
    options.clock = ClockChoice::virtual_clock;
  } else if (clock == "real" || factor) {
    options.clock = ClockChoice::real_clock;
  } else {
    options.clock = ClockChoice::as_needed;
  }
  const double wanted = factor.value_or(clock.empty() && !driver.in_process() ? kUsualFactor : 1);
  options.time_scale = driver.can_scale_time() ? wanted : 1;
}

bool waits(const std::string& clock, const drivers::Driver& driver) {
  if (clock.empty()) return !driver.can_live_virtually();
  return clock != "virtual";
}

std::unique_ptr<drivers::Driver> choose(const ProxyChoice& choice) {
  auto driver = drivers::find_driver(choice.name, choice.program);
  net::Result<void> able;
  if (driver && choice.clock == "virtual") able = (*driver)->can_live_virtually();
  if (driver && factor_of(choice.clock).value_or(1) != 1) able = (*driver)->can_scale_time();
  if (driver && able) return std::move(*driver);
  fmt::print(stderr, "badgate: {}\n", (driver ? able.error() : driver.error()).message);
  return nullptr;
}

}  // namespace badgate::harness::commands
