#include "harness/commands/proxy_choice.h"

#include <fmt/core.h>

#include <vector>

#include "harness/commands/usage.h"
#include "harness/drivers/registry.h"

namespace badgate::harness::commands {

void add_proxy_choice(CLI::App& command, ProxyChoice& choice) {
  std::vector<std::string> names;
  for (const auto& entry : drivers::registry())
    names.emplace_back(entry.name);
  command
      .add_option(
          "--proxy", choice.name,
          "What is put under test (default: badgate's own);\n`badgate list proxies` names them")
      ->check(one_of(names))
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

void add_time_scale(CLI::App& command, ProxyChoice& choice) {
  command
      .add_option("--time-scale", choice.time_scale,
                  "Real time runs so many times faster, for nginx too")
      ->check(CLI::Range(1.0, 100.0))
      ->option_text("NUMBER=1");
}

std::unique_ptr<drivers::Driver> choose(const ProxyChoice& choice) {
  auto driver = drivers::find_driver(choice.name, choice.program);
  net::Result<void> able;
  if (driver && choice.time_scale != 1) able = (*driver)->can_scale_time();
  if (driver && able) return std::move(*driver);
  fmt::print(stderr, "badgate: {}\n", (driver ? able.error() : driver.error()).message);
  return nullptr;
}

}  // namespace badgate::harness::commands
