#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <memory>
#include <utility>

#include "harness/commands/commands.h"
#include "harness/commands/proxy_choice.h"
#include "harness/commands/selection.h"
#include "harness/curl.h"
#include "harness/explain.h"
#include "harness/printable.h"
#include "harness/recorder.h"
#include "harness/reports/terminal.h"
#include "harness/reports/text.h"
#include "harness/scenario_needs.h"
#include "harness/stage.h"
#include "net/signals.h"
#include "net/text.h"

namespace badgate::harness::commands {
namespace {

struct Arguments {
  Selection selection;
  std::string remedy;
  ProxyChoice proxy;
  std::uint16_t port = 8080;
  std::uint16_t backend_port = 9000;
  std::uint64_t seed = 1;
};

const Scenario* choose(const std::vector<Scenario>& scenarios, const std::string& remedy) {
  const auto it = std::find_if(scenarios.begin(), scenarios.end(),
                               [&](const Scenario& s) { return s.remedy == remedy; });
  if (it != scenarios.end()) return &*it;
  say_no_remedy(scenarios, scenarios.front().file, remedy);
  return nullptr;
}

void introduce(const Scenario& scenario, const net::Address& proxy) {
  fmt::print("{}\n\n", scenario.title);
  if (!scenario.explanation.story.empty()) {
    fmt::print("{}\n", reports::wrapped(scenario.explanation.story, ""));
  }
  fmt::print("Send this from another terminal:\n\n");
  for (const auto& command : curl_commands(scenario, "http://" + proxy.to_string()))
    fmt::print("  {}\n", command);
  if (!scenario.explanation.user_sees.empty()) {
    fmt::print("\nWhat you should see:\n\n{}",
               reports::wrapped(scenario.explanation.user_sees, "  "));
  }
  if (!scenario.events.empty()) fmt::print("\n");
  for (const TimelineEvent& event : scenario.events) {
    if (!event.after.empty()) {
      fmt::print("What happens{} after \"{}\" does not happen here.\n",
                 event.backend.empty() ? "" : " to " + event.backend, printable(event.after));
      continue;
    }
    fmt::print("At {} of this clock something happens{}.\n",
               net::format_duration(event.at.time_since_epoch()),
               event.backend.empty() ? "" : " to " + event.backend);
  }
  fmt::print("\nCtrl-C ends it.\n\n");
  std::fflush(stdout);
}

// What happens, line by line; what happens before the introduction waits for it.
class Log {
 public:
  void add(const Fact& fact) {
    const auto line = reports::fact_line(fact, kWidth, colour_);
    if (begun_) {
      fmt::print("{}\n", line);
      std::fflush(stdout);
    } else {
      early_ += line + "\n";
    }
  }

  void begin() {
    begun_ = true;
    fmt::print("{}", std::exchange(early_, {}));
    std::fflush(stdout);
  }

 private:
  static constexpr std::size_t kWidth = 10;  // of "access.log"

  bool colour_ = reports::Style::detect(stdout).colour;
  bool begun_ = false;
  std::string early_;
};

int serve(const Scenario& scenario, const Arguments& arguments) {
  const auto driver = choose(arguments.proxy);
  if (!driver) return Exit::badgate_failed;
  net::Signals signals({SIGINT, SIGTERM, SIGHUP});
  const auto clock = net::make_real_clock();
  net::Loop loop(*clock);
  Log log;
  Recorder recorder(loop, [&log](const Fact& fact) { log.add(fact); });
  StageOptions options;
  options.driver = driver.get();
  options.interrupt_fd = signals.fd();
  options.proxy_address = net::Address::loopback(arguments.port);
  if (arguments.backend_port != 0) options.first_backend_port = arguments.backend_port;
  auto stage = Stage::set(loop, scenario, net::Rng(arguments.seed), recorder, options);
  if (!stage) {
    fmt::print(stderr, "badgate: {}\n", stage.error().message);
    if (stage.error().code == EADDRINUSE) {
      fmt::print(stderr, "Another program has that port: choose with --port and --backend-port.\n");
    }
    return Exit::badgate_failed;
  }
  const auto rights = driver->in_process() ? rights_for(scenario) : nullptr;
  introduce(scenario, (*stage)->proxy_address());
  log.begin();
  (*stage)->play_events();
  const auto stop = loop.watch(signals.fd(), {.read = true}, [&](net::Ready) { loop.stop(); });
  loop.run();
  fmt::print("\n");
  if (const auto& broken = recorder.outcome().broken; !broken.empty()) {
    fmt::print(stderr, "badgate: {}\n", broken);
    return Exit::badgate_failed;
  }
  return Exit::all_passed;
}

// A network namespace of its own is beyond the reach of curl.
bool can_be_served(const Scenario& scenario) {
  const auto needs = needs_of(scenario);
  if (!needs) {
    fmt::print(stderr, "badgate: this cannot be served here: {}\n", needs.error().message);
    return false;
  }
  if (needs->network_namespace) {
    fmt::print(stderr,
               "badgate: this needs a network of its own, which curl cannot reach\n"
               "`badgate run {} --timeline` plays it.\n",
               scenario.name);
    return false;
  }
  return true;
}

int serve_command(const Arguments& arguments) {
  const auto scenarios = select(arguments.selection);
  if (!scenarios) return Exit::usage;
  const bool several = std::any_of(scenarios->begin(), scenarios->end(), [&](const Scenario& s) {
    return s.file != scenarios->front().file;
  });
  if (several) {
    fmt::print(stderr, "badgate: serve takes one scenario; name its file\n");
    return Exit::usage;
  }
  const Scenario* chosen = choose(*scenarios, arguments.remedy);
  return chosen != nullptr && can_be_served(*chosen) ? serve(*chosen, arguments) : int{Exit::usage};
}

}  // namespace

void add_serve(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("serve", "Put a scenario up at real speed, to try with curl");
  command
      ->add_option("FILE", arguments->selection.paths,
                   "A scenario file, or a name of the catalogue")
      ->required()
      ->expected(1)
      ->type_name("");
  command->add_option("--remedy", arguments->remedy, "With this remedy of the file applied")
      ->option_text("NAME");
  add_proxy_choice(*command, arguments->proxy);
  command->add_option("-p,--port", arguments->port, "Of the proxy on 127.0.0.1; 0: any free one")
      ->check(CLI::Range(0, 65535))
      ->option_text("PORT=8080");
  command
      ->add_option("--backend-port", arguments->backend_port,
                   "Of the first backend; 0: any free ones")
      ->check(CLI::Range(0, 65535))
      ->option_text("PORT=9000");
  command->add_option("--seed", arguments->seed, "All randomness comes from it")
      ->option_text("NUMBER=1");
  command->footer(
      "Examples:\n"
      "  badgate serve slow-application/report-takes-75s\n"
      "  badgate serve my.toml --port 8081 --remedy longer_read_timeout\n"
      "\n"
      "It prints the curl command to send and shows both logs until Ctrl-C.");
  command->callback([arguments, &exit_code] { exit_code = serve_command(*arguments); });
}

}  // namespace badgate::harness::commands
