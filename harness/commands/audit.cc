#include "harness/audit/audit.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "harness/audit/report.h"
#include "harness/commands/commands.h"
#include "harness/commands/proxy_choice.h"
#include "harness/commands/usage.h"
#include "harness/reports/terminal.h"

namespace badgate::harness::commands {
namespace {

struct Arguments {
  std::string file;
  std::string format = "terminal";
  std::string fail_on = "low";
  std::string write;
  bool print = false;
  bool no_tables = false;
  bool every_fault = false;
  ProxyChoice proxy;
  unsigned jobs = 0;
};

void say(const std::string& message) {
  fmt::print(stderr, "badgate: {}\n", message);
}

// Into a folder, which is made if need be.
bool write_scenarios(const std::string& folder, const audit::Audit& found) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  for (std::size_t i = 0; !failed && i < found.findings.size(); ++i) {
    if (found.findings[i].scenario.empty()) continue;
    const auto path = std::filesystem::path(folder) / file_name(i, found.findings[i]);
    errno = 0;
    std::ofstream file(path, std::ios::binary);
    file << found.findings[i].scenario;
    file.close();
    if (file) continue;
    say(fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
    return false;
  }
  if (failed) say(fmt::format("cannot write into {}: {}", folder, failed.message()));
  return !failed;
}

int exit_code_of(const audit::Audit& found, const std::string& fail_on) {
  const bool fails = std::ranges::any_of(found.findings, [&](const audit::Finding& finding) {
    if (fail_on == "never") return false;
    if (fail_on == "high") return finding.severity == audit::Severity::high;
    return fail_on == "low" || finding.severity != audit::Severity::low;
  });
  return fails ? Exit::expectation_failed : Exit::all_passed;
}

int report(const audit::Audit& found, const Arguments& arguments) {
  if (!arguments.write.empty() && !write_scenarios(arguments.write, found))
    return Exit::badgate_failed;
  const audit::ReportOptions options{.tables = !arguments.no_tables,
                                     .scenarios = arguments.print,
                                     .colour = reports::Style::detect(stdout).colour};
  fmt::print("{}", arguments.format == "json" ? to_json(found) : to_text(found, options));
  return exit_code_of(found, arguments.fail_on);
}

int audit_command(const Arguments& arguments) {
  const auto tree = nginx_conf::read(arguments.file);
  if (!tree.ok()) {
    fmt::print(stderr, "{}", to_text(tree.diagnostics));
    return Exit::usage;
  }
  auto site = nginx_conf::site_of(tree);
  if (site.passing().empty()) {
    say(fmt::format("{}: no location passes requests on (proxy_pass, fastcgi_pass …)",
                    arguments.file));
    return Exit::usage;
  }
  const auto driver = choose(arguments.proxy);
  if (driver == nullptr) return Exit::badgate_failed;
  audit::PlayTrials options;
  options.run.proxy = driver.get();
  set_clock(arguments.proxy.clock, *driver, options.run);
  options.jobs =
      arguments.jobs > 0 ? arguments.jobs : std::max(1U, std::thread::hardware_concurrency());
  const auto found = audit::audit(std::move(site), options, arguments.every_fault);
  if (!found) {
    say(found.error().message);
    return found.error().message == kInterrupted ? Exit::interrupted : Exit::badgate_failed;
  }
  return report(*found, arguments);
}

}  // namespace

void add_audit(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("audit", "What in an nginx.conf does harm when servers fail");
  command->add_option("FILE", arguments->file, "nginx.conf, or the output of nginx -T; - is stdin")
      ->required()
      ->type_name("");
  command->add_option("--format", arguments->format, "How it is written (default: terminal)")
      ->check(one_of({"terminal", "json"}))
      ->option_text("terminal|json");
  command->add_option("--fail-on", arguments->fail_on, "Fails from this harm on (default: low)")
      ->check(one_of({"high", "medium", "low", "never"}))
      ->option_text("high|medium|low|never");
  command->add_option("-w,--write", arguments->write, "Each finding's scenario into this folder")
      ->option_text("FOLDER");
  command->add_flag("--print", arguments->print, "Each finding's scenario below it");
  command->add_flag("--no-tables", arguments->no_tables, "Findings alone");
  command->add_flag("-e,--every-fault", arguments->every_fault, "All faults, not one of each sort");
  add_proxy_choice(*command, arguments->proxy);
  add_clock(*command, arguments->proxy.clock);
  command->add_option("-j,--jobs", arguments->jobs, "How many at once (default: one a core)")
      ->check(CLI::Range(1U, 256U))
      ->option_text("NUMBER");
  command->footer(
      "Examples:\n"
      "  badgate audit /etc/nginx/nginx.conf       what users see, and findings\n"
      "  nginx -T | badgate audit -                the same on a server\n"
      "  badgate audit shop.conf --write findings  a scenario for each finding …\n"
      "  badgate run findings                      … which proves it, and its fix\n"
      "  badgate audit shop.conf --fail-on high    for a pipeline\n"
      "\n"
      "Exit codes: 0 no findings, 1 findings, 2 usage or bad file,\n"
      "3 badgate itself failed, 130 interrupted.");
  command->callback([arguments, &exit_code] { exit_code = audit_command(*arguments); });
}

}  // namespace badgate::harness::commands
