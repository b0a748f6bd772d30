#include "proxy/proxy.h"

#include <fmt/core.h>

#include <csignal>
#include <memory>
#include <string>
#include <utility>

#include "harness/commands/commands.h"
#include "harness/load_proxy.h"
#include "net/signals.h"
#include "proxy/directives.h"
#include "proxy/log_files.h"

namespace badgate::harness::commands {
namespace {

using namespace std::chrono_literals;
using proxy::Level;

struct Arguments {
  std::string config;
  bool test = false;
};

// The proxy alone, on the real clock, under the signals that nginx knows.
class Server {
 public:
  Server(net::Loop& loop, net::Signals& signals, const std::string& file, proxy::LogFiles& logs,
         proxy::Proxy& proxy)
      : loop_(loop), signals_(signals), file_(file), logs_(logs), proxy_(proxy) {}

  void run() {
    const auto watch = loop_.watch(signals_.fd(), {.read = true}, [this](net::Ready) { signal(); });
    flush_later();
    loop_.run();
    logs_.flush();
  }

 private:
  // ngx_signal_handler
  void signal() {
    while (const auto number = signals_.take()) {
      switch (*number) {
        case SIGHUP:
          told("SIGHUP", "reconfiguring");
          reload();
          break;
        case SIGUSR1:
          told("SIGUSR1", "reopening logs");
          if (auto ok = logs_.reopen(); !ok) proxy_.log(Level::emerg, ok.error().message);
          break;
        case SIGQUIT:
          told("SIGQUIT", "shutting down");
          if (!std::exchange(stopping_, true)) proxy_.stop([this] { loop_.stop(); });
          break;
        default:
          told(*number == SIGINT ? "SIGINT" : "SIGTERM", "exiting");
          loop_.stop();
          break;
      }
    }
  }

  void told(std::string_view name, std::string_view what) {
    proxy_.log(Level::notice, fmt::format("signal {} received, {}", name, what));
  }

  // What is wrong with the new file is told in the log, and the old settings stay.
  void reload() {
    if (stopping_) return;
    const auto loaded = load_proxy(file_);
    for (const Diagnostic& mistake : loaded.diagnostics) {
      proxy_.log(Level::emerg, fmt::format("{} in {}:{}", mistake.message, mistake.position.file,
                                           mistake.position.line));
    }
    if (!loaded.diagnostics.empty()) return;
    const auto before = logs_.paths();
    if (auto ok = logs_.reopen(loaded.config.logs); !ok)
      return proxy_.log(Level::emerg, ok.error().message);
    if (auto ok = proxy_.reload(loaded.config.settings); !ok) {
      static_cast<void>(logs_.reopen(before));
      proxy_.log(Level::emerg, ok.error().message);
    }
  }

  void flush_later() {
    flush_ = loop_.after(1s, [this] {
      logs_.flush();
      flush_later();
    });
  }

  net::Loop& loop_;
  net::Signals& signals_;
  const std::string& file_;
  proxy::LogFiles& logs_;
  proxy::Proxy& proxy_;
  net::Timer flush_;
  bool stopping_ = false;
};

int serve(const std::string& file, const ProxyConfig& config, proxy::LogFiles& logs) {
  // Before anything listens: whoever can connect can also send a signal.
  net::Signals signals({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1});
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
  Server(loop, signals, file, logs, **proxy).run();
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
    for (const auto& warning : proxy::warnings(loaded.config.settings))
      fmt::print(stderr, "{}: warning: {}\n", arguments.config, warning);
    fmt::print("{}: the configuration is in order\n", arguments.config);
    return Exit::all_passed;
  }
  return serve(arguments.config, loaded.config, **logs);
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
      "Signals are nginx's: SIGHUP reads FILE again, and keeps the old settings if\n"
      "there is a mistake in it; SIGUSR1 reopens the logs; SIGQUIT stops gracefully,\n"
      "SIGTERM and SIGINT at once.");
  command->callback([arguments, &exit_code] { exit_code = proxy_command(*arguments); });
}

}  // namespace badgate::harness::commands
