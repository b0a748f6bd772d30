#include "harness/reproduce/report.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "harness/commands/commands.h"
#include "harness/commands/proxy_choice.h"
#include "harness/commands/usage.h"
#include "harness/diagnostics.h"
#include "harness/haproxy_cfg/site.h"
#include "harness/nginx_conf/site.h"
#include "harness/nginx_conf/tree.h"
#include "harness/own_config/own_haproxy.h"
#include "harness/own_config/own_nginx.h"
#include "harness/own_config/own_run.h"
#include "harness/printable.h"
#include "harness/reports/terminal.h"
#include "harness/reproduce/configured.h"
#include "harness/reproduce/configured_haproxy.h"
#include "harness/reproduce/input.h"
#include "harness/workers.h"
#include "net/self_check.h"

namespace badgate::harness::commands {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using reproduce::ChosenLine;

constexpr std::string_view kUsualFile = "reproduction.toml";
constexpr std::string_view kFirstWords = "# Written by `badgate reproduce`";
constexpr std::size_t kShownKinds = 5;

struct Arguments {
  std::string input;
  std::string output;
  std::string config;
  std::string cause;
  std::string format = "text";
  std::uint64_t line = 0;
  ProxyChoice proxy;
};

// What a worker found out, to be shown by its parent.
struct Result {
  bool reproduced = false;
  std::string report;
  std::string file;  // its text
  std::string problem;
};

bool is_file(const std::string& path) {
  std::error_code ignored;
  return path.size() < 4096 && fs::is_regular_file(path, ignored);
}

// The kinds of lines that a log has, on stderr, so that stdout is about one.
void list_kinds(const std::vector<ChosenLine>& kinds) {
  fmt::print(stderr, "{} kind{} of lines; this is about the first (--line NUMBER for another):\n",
             kinds.size(), kinds.size() == 1 ? "" : "s");
  for (std::size_t i = 0; i < kinds.size() && i < kShownKinds; ++i) {
    const auto& line = kinds[i].evidence;
    const auto what = line.message.empty()
                          ? fmt::format("{} {}", line.status.value_or(0), line.code)
                          : line.message.substr(0, line.message.find('\n'));
    fmt::print(stderr, "  {:>7} × line {:<7} {}\n", kinds[i].count, kinds[i].number,
               printable(what, 80));
  }
  fmt::print(stderr, "\n");
}

net::Result<ChosenLine> from_log(std::istream& log, const Arguments& arguments) {
  if (arguments.line > 0) return reproduce::line_number(log, arguments.line);
  auto kinds = reproduce::choose_lines(log);
  if (kinds.empty()) return net::fail("no line in it is one of a log that badgate knows");
  if (kinds.size() > 1 || kinds.front().count > 1) list_kinds(kinds);
  return std::move(kinds.front());
}

net::Result<ChosenLine> chosen(const Arguments& arguments) {
  if (arguments.input == "-") return from_log(std::cin, arguments);
  if (!is_file(arguments.input)) return reproduce::read_given(arguments.input);
  std::ifstream file(arguments.input, std::ios::binary);
  if (!file)
    return net::fail(fmt::format("cannot read {}: {}", arguments.input, std::strerror(errno)));
  return from_log(file, arguments);
}

// Whether the usual name may be written: nobody's own file stands there.
bool may_write(const std::string& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return true;
  std::ifstream file(path);
  std::string first;
  std::getline(file, first);
  return first.starts_with(kFirstWords);
}

net::Result<std::string> place_of_file(const Arguments& arguments) {
  if (!arguments.output.empty()) return arguments.output;
  if (may_write(std::string(kUsualFile))) return std::string(kUsualFile);
  return net::fail(fmt::format("{} is there and not of badgate's making; say -o FILE", kUsualFile));
}

// `file` is of nginx or of HAProxy. Nothing: it was said on stderr what is wrong.
template <typename File>
std::optional<reproduce::Configured> understood(File file, const evidence::Evidence& line) {
  if (!file.ok()) {
    fmt::print(stderr, "{}", to_text(file.diagnostics));
    return std::nullopt;
  }
  auto configured = reproduce::configured_by(site_of(std::move(file)), line);
  if (configured) return std::move(*configured);
  fmt::print(stderr, "badgate: {}\n", configured.error().message);
  return std::nullopt;
}

std::optional<reproduce::Configured> configuration(const std::string& path,
                                                   const evidence::Evidence& line) {
  if (path.empty()) return reproduce::Configured();
  if (line.source == evidence::Source::haproxy) return understood(haproxy_cfg::read(path), line);
  return understood(nginx_conf::read(path), line);
}

net::Result<std::unique_ptr<own_config::OwnProxy>> own_nginx(const Arguments& arguments,
                                                             const evidence::Evidence& line) {
  using Proxy = std::unique_ptr<own_config::OwnProxy>;
  auto own = own_config::OwnConfig::read(arguments.config);
  if (!own) return tl::unexpected(own.error());
  const auto place = reproduce::place_of(own->site, line);
  if (!place) return Proxy();
  own->played = *place;
  auto proxy = own_config::OwnNginx::find(arguments.proxy.program, std::move(*own));
  if (!proxy) return tl::unexpected(proxy.error());
  return Proxy(std::move(*proxy));
}

net::Result<std::unique_ptr<own_config::OwnProxy>> own_haproxy(const Arguments& arguments,
                                                               const evidence::Evidence& line) {
  auto file = haproxy_cfg::read(arguments.config);
  if (!file.ok()) return net::fail(to_text(file.diagnostics));
  auto proxy = own_config::OwnHaproxy::find(arguments.proxy.program,
                                            {.site = haproxy_cfg::site_of(std::move(file)),
                                             .frontend = line.server,
                                             .backend_and_server = line.upstream_address,
                                             .plain = line.code.starts_with("LR")});
  if (!proxy) return tl::unexpected(proxy.error());
  return std::unique_ptr<own_config::OwnProxy>(std::move(*proxy));
}

// The user's own file on the real proxy, if that is what is asked for: --config with --proxy nginx,
// or with --proxy haproxy; without it a line of HAProxy is played with the file's settings.
net::Result<std::optional<own_config::OwnRun>> own_run(const Arguments& arguments,
                                                       const evidence::Evidence& line) {
  using Maybe = std::optional<own_config::OwnRun>;
  if (arguments.config.empty()) return Maybe();
  if (arguments.proxy.name != "nginx" && arguments.proxy.name != "haproxy") return Maybe();
  auto proxy =
      arguments.proxy.name == "nginx" ? own_nginx(arguments, line) : own_haproxy(arguments, line);
  if (!proxy) return tl::unexpected(proxy.error());
  if (!*proxy) return Maybe();
  return Maybe(own_config::OwnRun(std::move(*proxy)));
}

// `problem`: what the scenario file does otherwise, which has but the settings that badgate knows.
void tell_of(const own_config::OwnRun& own, const std::string& problem, const Arguments& arguments,
             std::string& report) {
  if (arguments.format != "json") {
    report += own.report();
    if (!problem.empty())
      report += fmt::format("The scenario file has not all of it, and differs: {}\n", problem);
    return;
  }
  json told = json::parse(report);
  told["own_config"] = json::parse(own.report_json());
  told["own_config"]["scenario_differs"] = problem;
  report = told.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Result find_out(const ChosenLine& line, const reproduce::Configured& configured,
                const Arguments& arguments, const drivers::Driver& driver,
                const reproduce::Told& told, own_config::OwnRun* own, int interrupt_fd) {
  reproduce::SearchOptions options;
  options.run.interrupt_fd = interrupt_fd;
  options.run.proxy = &driver;
  options.cause = arguments.cause;
  set_clock({}, driver, options.run);
  if (own != nullptr) {
    own->begin();
    options.run.proxy = &own->driver();
  }
  const auto found = reproduce::search(line.evidence, configured, options);
  options.run.proxy = &driver;  // remedies change what the scenario says, not the user's file
  Result out;
  out.reproduced = found.reproduced;
  reproduce::WrittenUp written;
  if (found.reproduced) {
    written = reproduce::write_up(found, line.written, line.evidence, configured, options.run);
    out.file = written.text;
    out.problem = written.problem;
  }
  if (arguments.format == "json")
    out.report = report_json(found, written, line.evidence, told);
  else
    out.report = found.reproduced ? report(found, written, line.evidence, configured, told)
                                  : report_of_miss(found, line.evidence, told);
  if (own != nullptr) {
    tell_of(*own, out.problem, arguments, out.report);
    out.problem.clear();
  }
  return out;
}

std::string as_json(const Result& result) {
  const json j = {{"reproduced", result.reproduced},
                  {"report", result.report},
                  {"file", result.file},
                  {"problem", result.problem}};
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<Result> result_in(const std::string& text) {
  const json j = json::parse(text, nullptr, false);
  if (j.is_discarded()) return std::nullopt;
  return Result{j.at("reproduced").get<bool>(), j.at("report").get<std::string>(),
                j.at("file").get<std::string>(), j.at("problem").get<std::string>()};
}

bool write_file(const std::string& path, const std::string& text) {
  if (path == "-") {
    fmt::print("{}", text);
    return true;
  }
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file) return true;
  fmt::print(stderr, "badgate: cannot write {}: {}\n", path, std::strerror(errno));
  return false;
}

// In a process of its own, so that a signal leaves nothing behind.
int play_and_tell(const ChosenLine& line, const reproduce::Configured& configured,
                  const Arguments& arguments, const drivers::Driver& driver,
                  const reproduce::Told& told, own_config::OwnRun* own) {
  std::optional<Result> result;
  std::string died;
  Workers workers;
  workers.tasks = 1;
  workers.work = [&](std::size_t, int interrupt_fd) {
    return as_json(find_out(line, configured, arguments, driver, told, own, interrupt_fd));
  };
  workers.on_result = [&](std::size_t, std::string text, std::string how_died) {
    died = std::move(how_died);
    if (died.empty()) result = result_in(text);
    return true;
  };
  if (const auto done = run_workers(workers); !done)
    return done.error().message == kInterrupted ? Exit::interrupted : Exit::badgate_failed;
  if (!result || !result->problem.empty()) {
    fmt::print(stderr, "badgate: {}\n",
               result ? "the file that it wrote does not pass: " + result->problem
                      : "the process that ran it " + died);
    return Exit::badgate_failed;
  }
  if (result->reproduced && !write_file(told.file, result->file)) return Exit::badgate_failed;
  if (told.file != "-" || !result->reproduced) fmt::print("{}", result->report);
  return result->reproduced ? Exit::all_passed : Exit::expectation_failed;
}

int reproduce_command(const Arguments& arguments) {
  if (arguments.output == "-" && arguments.format == "json") {
    fmt::print(stderr, "badgate: -o - and --format json both write to standard output\n");
    return Exit::usage;
  }
  const auto line = chosen(arguments);
  const auto file = place_of_file(arguments);
  if (!line || !file) {
    fmt::print(stderr, "badgate: {}\n", (line ? file.error() : line.error()).message);
    return Exit::usage;
  }
  using evidence::Source;
  const auto source = line->evidence.source;
  if (source != Source::nginx_error && source != Source::haproxy) {
    fmt::print(stderr,
               "badgate: this is a line of {}; what reproduce takes are nginx's error log and\n"
               "HAProxy's HTTP log. `badgate explain` says what the line means.\n",
               to_string(source));
    return Exit::usage;
  }
  ProxyChoice proxy = arguments.proxy;
  if (source == Source::haproxy && proxy.name == "builtin") proxy.name = "haproxy";
  if ((source == Source::haproxy) != (proxy.name == "haproxy")) {
    fmt::print(stderr, "badgate: {} does not write lines of {}\n", proxy.name, to_string(source));
    return Exit::usage;
  }
  const auto configured = configuration(arguments.config, line->evidence);
  if (!configured) return Exit::usage;
  const auto driver = choose(proxy);
  if (!driver) return Exit::badgate_failed;
  if (const auto check = net::check_loopback(); !check || !check->settles_at_once()) {
    fmt::print(stderr, "badgate: {}\n", check ? check->to_string() : check.error().message);
    return Exit::badgate_failed;
  }
  auto own = own_run(arguments, line->evidence);
  if (!own) {
    fmt::print(stderr, "badgate: {}\n", own.error().message);
    return Exit::badgate_failed;
  }
  reproduce::Told told;
  told.file = *file;
  told.colour = reports::Style::detect(stdout).colour;
  told.proxy = driver->in_process() ? "badgate's own proxy"
                                    : fmt::format("{} {}", driver->name(), driver->version());
  return play_and_tell(*line, *configured, arguments, *driver, told, *own ? &**own : nullptr);
}

}  // namespace

void add_reproduce(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("reproduce", "Turn a line of a log into a scenario");
  command->add_option("LINE", arguments->input, "The line, a log file, or - for standard input")
      ->required()
      ->type_name("");
  command
      ->add_option("--config", arguments->config,
                   "The nginx.conf of the proxy, or what nginx -T says\n(haproxy.cfg for a "
                   "line of HAProxy)")
      ->option_text("FILE");
  command->add_option("-o,--output", arguments->output, "Where to write the scenario; - for stdout")
      ->option_text("FILE=reproduction.toml");
  command->add_option("--line", arguments->line, "Which line of the log file, from 1")
      ->option_text("NUMBER");
  command
      ->add_option("--cause", arguments->cause,
                   "Only this cause, scenario or row, where several\nwrite the same line")
      ->option_text("NAME");
  add_proxy_choice(*command, arguments->proxy);
  command->add_option("--format", arguments->format, "text, or json for scripts")
      ->check(one_of({"text", "json"}))
      ->option_text("text|json");
  command->footer(
      "Examples:\n"
      "  badgate reproduce \"$(tail -1 /var/log/nginx/error.log)\"\n"
      "  badgate reproduce /var/log/nginx/error.log   what matters most in it\n"
      "  badgate reproduce error.log --line 1042 -o my.toml\n"
      "  badgate reproduce error.log --proxy nginx    on a real nginx\n"
      "  badgate reproduce error.log --config nginx.conf --proxy nginx\n"
      "                                               your own file on a real nginx\n"
      "  badgate reproduce haproxy.log --config haproxy.cfg\n"
      "                                               with the settings of that file\n"
      "  badgate reproduce haproxy.log --config haproxy.cfg --proxy haproxy\n"
      "                                               your own file on a real HAProxy\n"
      "\n"
      "Exit codes: 0 the same line came out, 1 it did not, 2 usage,\n"
      "3 badgate itself failed, 130 interrupted.");
  command->callback([arguments, &exit_code] { exit_code = reproduce_command(*arguments); });
}

}  // namespace badgate::harness::commands
