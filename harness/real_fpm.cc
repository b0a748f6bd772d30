#include "harness/real_fpm.h"

#include <fmt/core.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "harness/processes/program.h"

namespace badgate::harness {
namespace {

using fault_backends::Action;
using fault_backends::Fault;
using fault_backends::FpmSettings;
using fault_backends::Point;

// Debian has the version in the program's name.
constexpr std::array<std::string_view, 8> kPrograms{"php-fpm",    "php-fpm8.4", "php-fpm8.3",
                                                    "php-fpm8.2", "php-fpm8.1", "php-fpm8.0",
                                                    "php-fpm7.4", "php-fpm7.3"};
// What PHP itself adds to a string.
constexpr std::uint64_t kStringHeader = 32;

tl::unexpected<net::Error> impossible(std::string why) {
  return net::fail(std::move(why), ENOTSUP);
}

std::string program() {
  const auto at = std::ranges::find_if(kPrograms, [](std::string_view name) {
    return !processes::find_program(std::string(name)).empty();
  });
  return std::string(at == kPrograms.end() ? kPrograms.front() : *at);
}

// ---- the configuration

// php-fpm knows whole seconds only.
std::string in_seconds(net::Duration time) {
  return fmt::format("{}s", std::chrono::ceil<std::chrono::seconds>(time).count());
}

std::string_view manager(const FpmSettings& pool) {
  using Manager = FpmSettings::Manager;
  return pool.manager == Manager::dynamic    ? "dynamic"
         : pool.manager == Manager::ondemand ? "ondemand"
                                             : "static";
}

// Where $TMPDIR is root's alone, nobody else gets to the scripts.
bool others_may_enter_temp() {
  const char* base = std::getenv("TMPDIR");
  std::error_code error;
  auto path = std::filesystem::absolute(base != nullptr ? base : "/tmp", error).lexically_normal();
  for (; path.has_relative_path(); path = path.parent_path()) {
    const auto rights = std::filesystem::status(path, error).permissions();
    if (error || (rights & std::filesystem::perms::others_exec) == std::filesystem::perms::none)
      return false;
  }
  return true;
}

// Root's pool works as an ordinary user, as everywhere, if it can; others have no choice.
std::string user() {
  if (::geteuid() != 0) return {};
  if (!others_may_enter_temp()) return "user = root\ngroup = root\n";
  for (const char* name : {"www-data", "nobody"}) {
    const passwd* user = ::getpwnam(name);
    const group* its_group = user != nullptr ? ::getgrgid(user->pw_gid) : nullptr;
    if (its_group != nullptr)
      return fmt::format("user = {}\ngroup = {}\n", name, its_group->gr_name);
  }
  return {};
}

std::string manager_lines(const FpmSettings& pool) {
  using Manager = FpmSettings::Manager;
  std::string out =
      fmt::format("pm = {}\npm.max_children = {}\n", manager(pool), pool.max_children);
  if (pool.manager == Manager::dynamic)
    out +=
        fmt::format("pm.start_servers = {}\npm.min_spare_servers = {}\npm.max_spare_servers = {}\n",
                    pool.start_servers, pool.min_spare_servers, pool.max_spare_servers);
  if (pool.manager == Manager::ondemand)
    out += fmt::format("pm.process_idle_timeout = {}\n", in_seconds(pool.process_idle_timeout));
  return out;
}

std::string listen_lines(const BackendSpec& backend) {
  const bool unix = backend.transport == BackendSpec::Transport::unix;
  const bool v6 = backend.transport == BackendSpec::Transport::tcp6;
  const bool forbidden = std::ranges::any_of(backend.settings.faults, [](const Fault& fault) {
    return fault.action.kind == Action::Kind::no_permission;
  });
  return fmt::format("listen = {}\nlisten.backlog = {}\nlisten.mode = {}\n",
                     unix ? "{socket}"
                     : v6 ? "[::1]:{port}"
                          : "127.0.0.1:{port}",
                     backend.settings.backlog, forbidden ? "0000" : "0666");
}

std::string config(const BackendSpec& backend) {
  const FpmSettings& pool = *backend.settings.fpm;
  std::string out = fmt::format(
      "[global]\ndaemonize = no\nerror_log = /proc/self/fd/2\n"
      "emergency_restart_threshold = {}\nemergency_restart_interval = {}\n"
      "process_control_timeout = {}\n[www]\n{}{}{}pm.max_requests = {}\nrlimit_core = 0\n"
      "request_terminate_timeout = {}\nphp_admin_value[max_execution_time] = {}\n"
      "php_admin_value[memory_limit] = {}\n",
      pool.emergency_restart_threshold, in_seconds(pool.emergency_restart_interval),
      in_seconds(pool.process_control_timeout), user(), listen_lines(backend), manager_lines(pool),
      pool.max_requests, in_seconds(pool.request_terminate_timeout),
      std::chrono::ceil<std::chrono::seconds>(pool.max_execution_time).count(),
      pool.memory_limit == 0 ? "-1" : std::to_string(pool.memory_limit));
  if (!pool.status_path.empty()) out += fmt::format("pm.status_path = {}\n", pool.status_path);
  if (pool.request_slowlog_timeout > net::Duration{})
    out += fmt::format("slowlog = {{folder}}/slow.log\nrequest_slowlog_timeout = {}\n",
                       in_seconds(pool.request_slowlog_timeout));
  return out;
}

// ---- the script

std::string php_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

// To the end, though a reload's SIGQUIT wakes it.
std::string pause(net::Duration time) {
  if (time <= net::Duration{}) return {};
  return fmt::format(
      "for ($end = hrtime(true) + {}; ($left = $end - hrtime(true)) > 0;) "
      "usleep(intdiv($left, 1000) + 1); ",
      time.count());
}

std::string output(std::uint64_t bytes) {
  return fmt::format("echo str_repeat('x', {}); ", bytes);
}

// What has left PHP before what comes next.
std::string output_first(std::uint64_t bytes) {
  return output(bytes) + "flush(); ";
}

std::string body(const BackendSpec& backend) {
  const auto& answer = backend.settings.answer;
  return answer.body.empty() ? output(answer.body_bytes)
                             : fmt::format("echo {}; ", php_text(answer.body));
}

std::string die(const Fault& fault) {
  std::string before;
  if (fault.point.kind == Point::Kind::header_sent) before = "flush(); ";
  if (fault.point.kind == Point::Kind::body_bytes) before = output_first(fault.point.offset);
  return pause(fault.action.time) + before +
         fmt::format("posix_kill(getmypid(), {});", fault.action.bytes);
}

// What one fault of the family makes of the script; nothing: a script cannot do that.
std::optional<std::string> deed(const Fault& fault) {
  constexpr std::string_view kError = "render();";
  const std::string_view name = fault.name;
  if (fault.action.kind == Action::Kind::child_dies) return die(fault);
  if (name == "fpm: fatal-error") return std::string(kError);
  if (name == "fpm: fatal-error-after-output")
    return output_first(fault.action.bytes) + std::string(kError);
  if (name == "fpm: memory-limit")
    return (fault.action.bytes > 0 ? output_first(fault.action.bytes) : "") +
           "$all = ''; for (;;) $all .= str_repeat('x', 1000000);";
  return std::nullopt;
}

bool happens_outside(const Fault& fault) {
  return fault.name == "fpm: script-unknown" || fault.action.kind == Action::Kind::no_permission;
}

// What goes wrong goes wrong in line 3, as in the fake's words.
net::Result<std::string> script(const BackendSpec& backend) {
  const FpmSettings& pool = *backend.settings.fpm;
  const auto& answer = backend.settings.answer;
  std::string out = fmt::format("<?php\nhttp_response_code({}); ", answer.status);
  for (const auto& [name, value] : answer.headers)
    out += fmt::format("header({}); ", php_text(name + ": " + value));
  out += pause(answer.service_time) + "\n";
  if (pool.compute_time > net::Duration{})
    out += fmt::format("for ($end = hrtime(true) + {}; hrtime(true) < $end;); ",
                       pool.compute_time.count());
  if (pool.script_memory > 0)
    out += fmt::format("$all = str_repeat('x', {}); ",
                       std::max(pool.script_memory, kStringHeader + 1) - kStringHeader);
  for (const Fault& fault : backend.settings.faults) {
    if (happens_outside(fault)) continue;
    const auto what = deed(fault);
    if (!what || fault.schedule.times || fault.schedule.after > 0)
      return impossible(fmt::format("a real PHP-FPM cannot be told \"{}\"", fault.name));
    out += *what + " ";
  }
  return out + body(backend) + "\n";
}

// "/report.php?year=1" → "report.php"; what lies in a folder is left out. Others than *.php are
// there to be refused.
std::set<std::string> script_names(const Scenario& scenario) {
  std::set<std::string> names{"index.php"};
  for (const Request& request : scenario.requests) {
    const std::string path = request.path.substr(0, request.path.find('?'));
    if (path.rfind('/') == 0 && path.find('.') != path.npos && !path.starts_with("/."))
      names.insert(path.substr(1));
  }
  return names;
}

// Where nothing listens, or a plain file lies, no PHP-FPM takes part.
bool takes_part(const BackendSpec& backend) {
  return std::ranges::none_of(backend.settings.faults, [](const Fault& fault) {
    return fault.point.kind == Point::Kind::listen &&
           fault.action.kind != Action::Kind::no_permission;
  });
}

// Nobody counts what a program does.
void forget_counts(Scenario& scenario, const std::string& name) {
  for (ExpectedBackend& expected : scenario.expect.backends) {
    if (expected.name != name) continue;
    expected.connections = expected.requests = expected.executed = expected.responses = {};
  }
}

net::Result<void> check_events(const Scenario& scenario, const std::string& name) {
  using Kind = TimelineEvent::Kind;
  for (const TimelineEvent& event : scenario.events) {
    if (event.backend == name && (event.kind == Kind::fault || event.kind == Kind::heal))
      return impossible("the faults of a real PHP-FPM cannot change while it runs");
  }
  return {};
}

}  // namespace

net::Result<processes::ProcessSpec> real_fpm(const BackendSpec& backend, const Scenario& scenario) {
  const FpmSettings& pool = *backend.settings.fpm;
  if (pool.root.empty())
    return impossible("a real PHP-FPM needs the `root` of its scripts in fpm = { … }");
  auto text = script(backend);
  if (!text) return tl::unexpected(text.error());
  processes::ProcessSpec spec;
  spec.command = {program(), "-F", "-y", "{folder}/php-fpm.conf", "-c", "{folder}/php.ini", "-R"};
  spec.files = {{"php-fpm.conf", config(backend)},
                {"php.ini", "display_errors = 0\nlog_errors = 1\nhtml_errors = 0\n"}};
  spec.root = pool.root;
  const bool unknown = std::ranges::any_of(backend.settings.faults, [](const Fault& fault) {
    return fault.name == "fpm: script-unknown";
  });
  for (const std::string& name : script_names(scenario)) {
    const bool taken =
        std::ranges::any_of(spec.files, [&](const auto& file) { return file.first == name; });
    if (!unknown && !taken) spec.files.emplace_back(name, *text);
  }
  return spec;
}

net::Result<Scenario> with_real_fpm(Scenario scenario) {
  bool any = false;
  for (BackendSpec& backend : scenario.backends) {
    if (!backend.settings.fpm) continue;
    any = true;
    if (!takes_part(backend)) continue;
    auto spec = real_fpm(backend, scenario);
    if (!spec) return tl::unexpected(spec.error());
    if (auto ok = check_events(scenario, backend.name); !ok) return tl::unexpected(ok.error());
    backend.process = std::move(*spec);
    forget_counts(scenario, backend.name);
  }
  if (!any) return impossible("no backend of it is a PHP-FPM");
  scenario.clock = ClockNeed::real;
  return scenario;
}

}  // namespace badgate::harness
