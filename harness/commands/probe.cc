#include <fmt/core.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/commands/commands.h"
#include "harness/commands/usage.h"
#include "harness/diagnostics.h"
#include "harness/probe/probe.h"
#include "harness/probe/report.h"
#include "harness/probe/verdict.h"
#include "harness/reports/terminal.h"
#include "net/loop.h"
#include "net/signals.h"
#include "net/text.h"

namespace badgate::harness::commands {
namespace {

struct Arguments {
  std::string url;
  std::vector<std::string> resolve;
  std::vector<std::string> headers;
  std::string method = "GET";
  std::string authorities;
  std::string connect_timeout = "10s";
  std::string max_time = "30s";
  std::string format = "text";
  bool insecure = false;
};

net::Result<void> mistake(std::string_view option, std::string_view given, std::string_view what) {
  return net::fail(fmt::format("{}: {}: {}", option, in_quotes(given), what));
}

// curl's HOST:PORT:ADDRESS[,ADDRESS]…
net::Result<void> add_resolve(const std::string& text, probe::Options& options) {
  constexpr std::string_view kExpected = "expected HOST:PORT:ADDRESS, as for curl";
  const auto colon = text.find(':');
  const auto second = colon == text.npos ? text.npos : text.find(':', colon + 1);
  if (second == text.npos) return mistake("--resolve", text, kExpected);
  const auto url = probe::parse_url(text.substr(0, second));
  if (!url) return mistake("--resolve", text, url.error().message);
  auto& addresses = options.resolve[fmt::format("{}:{}", url->host, url->port)];
  std::string rest = text.substr(second + 1);
  while (!rest.empty()) {
    auto one = rest.substr(0, rest.find(','));
    rest.erase(0, one.size() + 1);
    if (one.starts_with('[') && one.ends_with(']')) one = one.substr(1, one.size() - 2);
    const auto address = net::Address::parse(probe::host_and_port(one, url->port));
    if (!address) return mistake("--resolve", text, kExpected);
    addresses.push_back(*address);
  }
  if (addresses.empty()) return mistake("--resolve", text, kExpected);
  return {};
}

net::Result<void> add_header(const std::string& text, probe::Options& options) {
  const auto colon = text.find(':');
  if (colon == 0 || colon == text.npos || text.find_first_of("\r\n") != text.npos)
    return mistake("--header", text, "expected \"Name: value\"");
  const auto value = text.find_first_not_of(' ', colon + 1);
  options.headers.emplace_back(text.substr(0, colon),
                               value == text.npos ? std::string() : text.substr(value));
  return {};
}

net::Result<void> set_time(std::string_view option, const std::string& text, net::Duration& into) {
  const auto time = net::parse_duration(text);
  if (!time) return mistake(option, text, time.error().message);
  if (*time <= net::Duration::zero()) return mistake(option, text, "it has to be longer than 0");
  into = *time;
  return {};
}

net::Result<probe::Options> options_of(const Arguments& arguments) {
  probe::Options options;
  options.method = arguments.method;
  options.authorities = arguments.authorities;
  net::Result<void> ok;
  for (const auto& text : arguments.resolve)
    ok = ok ? add_resolve(text, options) : ok;
  for (const auto& text : arguments.headers)
    ok = ok ? add_header(text, options) : ok;
  if (ok) ok = set_time("--connect-timeout", arguments.connect_timeout, options.connect_timeout);
  if (ok) ok = set_time("--max-time", arguments.max_time, options.time_limit);
  if (!ok) return tl::unexpected(ok.error());
  return options;
}

int usage_error(const std::string& message) {
  fmt::print(stderr, "badgate: {}\nTry `badgate probe --help`.\n", message);
  return Exit::usage;
}

int probe_command(const Arguments& arguments) {
  auto url = probe::parse_url(arguments.url);
  if (!url)
    return usage_error(fmt::format("{}: {}", in_quotes(arguments.url), url.error().message));
  auto options = options_of(arguments);
  if (!options) return usage_error(options.error().message);
  net::Signals signals({SIGINT, SIGTERM, SIGHUP});
  const auto clock = net::make_real_clock();
  net::Loop loop(*clock);
  std::optional<probe::Report> report;
  const auto probing = probe::Probe::start(loop, *url, *options, [&](probe::Report done) {
    report = std::move(done);
    loop.stop();
  });
  if (!probing) {
    const bool file = !arguments.authorities.empty();
    fmt::print(stderr, "badgate: {}\n", probing.error().message);
    return file ? Exit::usage : Exit::badgate_failed;
  }
  const auto stop = loop.watch(signals.fd(), {.read = true}, [&](net::Ready) { loop.stop(); });
  loop.run();
  if (!report) return Exit::interrupted;
  const auto verdict = probe::verdict_of(*report, arguments.insecure);
  fmt::print("{}", arguments.format == "json"
                       ? probe::to_json(*report, verdict)
                       : probe::to_text(*report, verdict, reports::Style::detect(stdout).colour));
  return verdict.well ? Exit::all_passed : Exit::expectation_failed;
}

}  // namespace

void add_probe(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("probe", "Down for everyone or just for you, and who says so");
  command->add_option("URL", arguments->url, "http or https")->required()->type_name("");
  command->add_option("--resolve", arguments->resolve, "Ask this address for the name, as curl")
      ->option_text("HOST:PORT:ADDRESS");
  command->add_option("-H,--header", arguments->headers, "Send this header, too")
      ->option_text("\"NAME: VALUE\"");
  command->add_option("-X,--method", arguments->method, "GET or HEAD")
      ->check(one_of({"GET", "HEAD"}))
      ->option_text("GET|HEAD");
  command->add_flag("-k,--insecure", arguments->insecure, "Certificates do not count");
  command->add_option("--cacert", arguments->authorities, "Trust the authorities of this file")
      ->option_text("FILE");
  command->add_option("--connect-timeout", arguments->connect_timeout, "For TCP and TLS")
      ->option_text("TIME=10s");
  command->add_option("-m,--max-time", arguments->max_time, "For each address, in all")
      ->option_text("TIME=30s");
  command->add_option("--format", arguments->format, "How it is written (default: text)")
      ->check(one_of({"text", "json"}))
      ->option_text("text|json");
  command->footer(
      "Examples:\n"
      "  badgate probe https://shop.example.com/cart\n"
      "  badgate probe https://example.com --resolve example.com:443:192.0.2.7\n"
      "                                    the origin itself, past the CDN\n"
      "  badgate probe http://127.0.0.1:8080/ -H \"Host: shop.example.com\"\n"
      "\n"
      "It contacts this URL's host and nobody else, once on each of its addresses.\n"
      "Exit codes: 0 it answers well (below 500), 1 it does not,\n"
      "2 usage, 3 badgate failed, 130 interrupted.");
  command->callback([arguments, &exit_code] { exit_code = probe_command(*arguments); });
}

}  // namespace badgate::harness::commands
