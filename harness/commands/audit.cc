#include "harness/audit/audit.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "harness/audit/report.h"
#include "harness/commands/commands.h"
#include "harness/commands/proxy_choice.h"
#include "harness/commands/usage.h"
#include "harness/commands/write_whole.h"
#include "harness/reports/terminal.h"

namespace badgate::harness::commands {
namespace {

namespace fs = std::filesystem;

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

// "03-stuck-server.toml", which begins with "# stuck-server": written by an audit.
bool is_own(const fs::path& path) {
  const std::string name = path.filename().string();
  const auto digits = std::min(name.find_first_not_of("0123456789"), name.size());
  if (digits < 2 || name.substr(digits, 1) != "-" || path.extension() != ".toml") return false;
  std::ifstream file(path, std::ios::binary);
  std::string line;
  std::getline(file, line);
  return line == "# " + path.stem().string().substr(digits + 1);
}

// Of an earlier audit, and not written again. An Error: something else would be written over.
net::Result<std::vector<fs::path>> outdated_in(const std::string& folder,
                                               const std::set<std::string>& names) {
  std::vector<fs::path> outdated;
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    const bool own = is_own(at->path());
    const bool again = names.contains(at->path().filename().string());
    if (again && !own)
      return net::fail(
          fmt::format("{} was not written by an audit; it is left as it is, and "
                      "nothing is written: name another folder",
                      at->path().string()));
    if (own && !again) outdated.push_back(at->path());
  }
  if (failed) return net::fail(fmt::format("cannot read {}: {}", folder, failed.message()));
  return outdated;
}

// Into a folder, which is made if need be; what an earlier audit wrote there goes.
int write_scenarios(const std::string& folder, const audit::Audit& found) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) {
    say(fmt::format("cannot write into {}: {}", folder, failed.message()));
    return Exit::badgate_failed;
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < found.findings.size(); ++i) {
    if (!found.findings[i].scenario.empty()) names.insert(file_name(i, found.findings[i]));
  }
  const auto outdated = outdated_in(folder, names);
  if (!outdated) {
    say(outdated.error().message);
    return Exit::usage;
  }
  for (std::size_t i = 0; i < found.findings.size(); ++i) {
    const audit::Finding& finding = found.findings[i];
    if (finding.scenario.empty()) continue;
    if (!write_whole((fs::path(folder) / file_name(i, finding)).string(), finding.scenario))
      return Exit::badgate_failed;
  }
  for (const fs::path& path : *outdated)
    fs::remove(path, failed);
  return Exit::all_passed;
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
  if (!arguments.write.empty()) {
    if (const int code = write_scenarios(arguments.write, found); code != Exit::all_passed)
      return code;
  }
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
