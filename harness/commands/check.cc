#include "harness/check/check.h"

#include <fmt/core.h>

#include <memory>
#include <optional>
#include <string>

#include "harness/check/report.h"
#include "harness/commands/commands.h"
#include "harness/commands/usage.h"
#include "harness/diagnostics.h"
#include "harness/nginx_conf/site.h"
#include "harness/reports/terminal.h"
#include "net/loop.h"
#include "net/signals.h"
#include "net/text.h"

namespace badgate::harness::commands {
namespace {

struct Arguments {
  std::string config;
  std::string user;
  std::string max_time = "5s";
  std::string format = "text";
  bool verbose = false;
};

int usage_error(const std::string& message) {
  fmt::print(stderr, "badgate: {}\nTry `badgate check --help`.\n", message);
  return Exit::usage;
}

int check_site(const nginx_conf::Site& site, const check::Options& options,
               const Arguments& arguments) {
  net::Signals signals({SIGINT, SIGTERM, SIGHUP});
  const auto clock = net::make_real_clock();
  net::Loop loop(*clock);
  std::optional<check::Report> report;
  const auto checking = check::Check::start(loop, site, options, [&](check::Report done) {
    report = std::move(done);
    loop.stop();
  });
  if (!checking) return usage_error(checking.error().message);
  const auto stop = loop.watch(signals.fd(), {.read = true}, [&](net::Ready) { loop.stop(); });
  loop.run();
  if (!report) return Exit::interrupted;
  fmt::print("{}", arguments.format == "json"
                       ? check::to_json(*report)
                       : check::to_text(*report, reports::Style::detect(stdout).colour,
                                        arguments.verbose));
  return report->well() ? Exit::all_passed : Exit::expectation_failed;
}

int check_command(const Arguments& arguments) {
  const auto time = net::parse_duration(arguments.max_time);
  if (!time || *time <= net::Duration::zero())
    return usage_error(
        fmt::format("--max-time: {}: expected a time such as 5s", in_quotes(arguments.max_time)));
  const auto tree = nginx_conf::read(arguments.config);
  if (!tree.ok()) {
    fmt::print(stderr, "{}", to_text(tree.diagnostics));
    return Exit::usage;
  }
  return check_site(nginx_conf::site_of(tree), {.longest = *time, .user = arguments.user},
                    arguments);
}

}  // namespace

void add_check(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("check", "What is wrong with the upstreams of an nginx.conf");
  command->add_option("CONFIG", arguments->config, "nginx.conf, or what nginx -T prints (-)")
      ->required()
      ->type_name("");
  command->add_option("--user", arguments->user, "Of nginx's workers (default: as it says itself)")
      ->option_text("NAME");
  command->add_option("-m,--max-time", arguments->max_time, "That each connection may take")
      ->option_text("TIME=5s");
  command->add_flag("-v,--verbose", arguments->verbose, "Also what is no mistake");
  command->add_option("--format", arguments->format, "How it is written (default: text)")
      ->check(one_of({"text", "json"}))
      ->option_text("text|json");
  command->footer(
      "Examples:\n"
      "  badgate check /etc/nginx/nginx.conf\n"
      "  nginx -T | badgate check -\n"
      "  badgate check nginx.conf --format json\n"
      "\n"
      "Of each upstream: does its name resolve, may nginx's user open its socket,\n"
      "does it listen and speak what it is asked, its certificate, how long it takes,\n"
      "how full its queue is. Names are asked of DNS. Each address is sent one GET or\n"
      "FastCGI record and, if the answer does not fit, up to three more in other\n"
      "protocols, TLS handshakes among them. Nobody else is contacted.\n"
      "Exit codes: 0 all is well, 1 something is wrong, 2 usage or bad file,\n"
      "3 badgate failed, 130 interrupted.");
  command->callback([arguments, &exit_code] { exit_code = check_command(*arguments); });
}

}  // namespace badgate::harness::commands
