#include "proxy/proxy.h"

#include <fmt/core.h>

#include <csignal>
#include <memory>

#include "harness/commands/commands.h"
#include "harness/load_proxy.h"
#include "net/signals.h"
#include "proxy/log_files.h"

namespace badgate::harness::commands {
namespace {

using namespace std::chrono_literals;

struct Arguments {
  std::string config;
  bool test = false;
};

// The proxy alone, on the real clock, under the signals that nginx knows.
class Server {
 public:
  Server(net::Loop& loop, net::Signals& signals, proxy::LogFiles& logs, proxy::Proxy& proxy)
      : loop_(loop), signals_(signals), logs_(logs), proxy_(proxy) {}

  void run() {
    const auto watch = loop_.watch(signals_.fd(), {.read = true}, [this](net::Ready) { signal(); });
    flush_later();
    loop_.run();
    logs_.flush();
  }

 private:
  void signal() {
    while (const auto number = signals_.take()) {
      if (*number == SIGHUP) {
        reopen_logs();
      } else if (std::exchange(stopping_, true) || *number == SIGINT) {
        loop_.stop();
      } else {
        proxy_.stop([this] { loop_.stop(); });
      }
    }
  }

  void reopen_logs() {
    if (auto ok = logs_.reopen(); !ok) fmt::print(stderr, "badgate: {}\n", ok.error().message);
  }

  void flush_later() {
    flush_ = loop_.after(1s, [this] {
      logs_.flush();
      flush_later();
    });
  }

  net::Loop& loop_;
  net::Signals& signals_;
  proxy::LogFiles& logs_;
  proxy::Proxy& proxy_;
  net::Timer flush_;
  bool stopping_ = false;
};

int serve(const ProxyConfig& config, proxy::LogFiles& logs) {
  // Before anything listens: whoever can connect can also send a signal.
  net::Signals signals({SIGINT, SIGTERM, SIGHUP});
  const auto clock = net::make_real_clock();
  net::Loop loop(*clock);
  auto proxy = proxy::Proxy::start(loop, config.settings, logs, {});
  if (!proxy) {
    fmt::print(stderr, "badgate: {}\n", proxy.error().message);
    return Exit::badgate_failed;
  }
  for (const auto& address : (*proxy)->addresses()) {
    fmt::print(stderr, "badgate: listening on {}\n", address.to_string());
  }
  Server(loop, signals, logs, **proxy).run();
  return Exit::all_passed;
}

int proxy_command(const Arguments& arguments) {
  const auto loaded = load_proxy(arguments.config);
  if (!loaded.diagnostics.empty()) {
    fmt::print(stderr, "{}", to_text(loaded.diagnostics));
    return Exit::usage;
  }
  const auto logs = proxy::LogFiles::open(loaded.config.logs);
  if (!logs) {
    fmt::print(stderr, "badgate: {}\n", logs.error().message);
    return Exit::usage;
  }
  if (arguments.test) {
    fmt::print("{}: the configuration is in order\n", arguments.config);
    return Exit::all_passed;
  }
  return serve(loaded.config, **logs);
}

}  // namespace

void add_proxy(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("proxy", "Run the proxy alone, at real speed");
  command->add_option("-c,--config", arguments->config, "Its configuration, a TOML file")
      ->required()
      ->option_text("FILE");
  command->add_flag("-t,--test", arguments->test, "Only check the configuration");
  command->footer(
      "Examples:\n"
      "  badgate proxy --config proxy.toml --test\n"
      "  badgate proxy --config proxy.toml\n"
      "\n"
      "where proxy.toml says, with nginx's directives in [proxy]:\n"
      "  error_log  = \"error.log\"     # or stderr, stdout, off\n"
      "  access_log = \"access.log\"\n"
      "  [proxy]\n"
      "  listen = \"127.0.0.1:8080\"\n"
      "  [[upstream.app]]\n"
      "  server = \"127.0.0.1:9000\"\n"
      "\n"
      "SIGTERM stops it gracefully, SIGINT at once, SIGHUP reopens its logs.");
  command->callback([arguments, &exit_code] { exit_code = proxy_command(*arguments); });
}

}  // namespace badgate::harness::commands
