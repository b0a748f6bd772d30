// A real nginx as the proxy under test: a child process with a folder of its own.
//
// badgate opens the listening socket and hands it on as nginx hands its own to a new binary (the
// variable NGINX, ngx_add_inherited_sockets), so no port can be lost to somebody else, and a
// connection that comes early waits in the kernel's queue. It has a master process also where none
// is needed: without one, nginx falls over inherited sockets (ngx_event_process_init). It is ready
// when the master has logged that it starts its worker.
// Both logs are pipes: stderr, and one that nginx opens as /proc/self/fd/N.
#include <fmt/core.h>
#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

#include "harness/drivers/external.h"
#include "harness/drivers/nginx.h"
#include "harness/drivers/nginx_config.h"
#include "harness/drivers/registry.h"
#include "harness/lent_time/lent_time.h"
#include "harness/processes/faketime.h"
#include "harness/processes/line_reader.h"
#include "harness/processes/listening.h"
#include "harness/processes/program.h"
#include "harness/processes/supervisor.h"
#include "harness/temp_folder.h"
#include "proxy/error_log.h"

namespace badgate::harness::drivers {
namespace {

using namespace std::chrono_literals;
using net::UniqueFd;
using processes::find_program;
using processes::LineReader;
using processes::make_pipe;
using processes::output_of;
using processes::Program;

constexpr std::string_view kReady = "start worker process ";
constexpr int kBacklog = 511;  // nginx's own on Linux

tl::unexpected<net::Error> failed(std::string_view what) {
  const int code = errno;
  return net::fail(fmt::format("{}: {}", what, std::strerror(code)), code);
}

// What `nginx -V` tells.
struct Build {
  std::string path;
  std::string version;                  // "1.22.1"
  std::vector<std::string> temp_paths;  // whose directive NAME_temp_path it knows
  ConfigWriter writer;
};

// Without net::Listener's options: nginx sets on each connection what it wants.
net::Result<UniqueFd> listening_socket(const net::Address& address) {
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return failed("socket");
  const int on = 1;
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), address.data(), address.size()) != 0 || ::listen(fd.get(), kBacklog) != 0)
    return failed(fmt::format("cannot listen on {}", address.to_string()));
  return fd;
}

// Root's worker is root as well, as badgate's own proxy is, unless root's rights would hide what
// the scenario shows.
std::string user_of_worker(bool ordinary_rights) {
  if (::geteuid() != 0) return {};
  const passwd* user = ordinary_rights ? ::getpwnam("nobody") : nullptr;
  const group* its_group = user != nullptr ? ::getgrgid(user->pw_gid) : nullptr;
  return its_group != nullptr ? fmt::format("{} {}", user->pw_name, its_group->gr_name)
                              : "root root";
}

net::Address address_of(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* name = reinterpret_cast<sockaddr*>(&storage);
  return ::getsockname(fd, name, &size) == 0 ? net::Address::from(name, size) : net::Address();
}

class Nginx final : public ProxyUnderTest {
 public:
  Nginx(const Build& build, Recorder& recorder, TempFolder folder)
      : build_(build), recorder_(recorder), folder_(std::move(folder)) {}

  net::Result<void> start(net::Loop& loop, const Setup& setup) {
    auto socket = listening_socket(setup.settings.listen.front());
    if (!socket) return tl::unexpected(socket.error());
    auto access = make_pipe();
    if (!access) return tl::unexpected(access.error());
    access_ = std::move(access->read);
    address_ = address_of(socket->get());
    if (auto ok = write_config(setup); !ok) return ok;
    if (loop.clock().is_virtual()) {
      auto lent = lent_time::LentTime::lend(loop);
      if (!lent) return tl::unexpected(lent.error());
      lent_time_ = std::move(*lent);
    }
    if (auto ok = launch(setup, socket->get(), access->write.get()); !ok) return ok;
    error_lines_.emplace(program_->error_fd(), [this](std::string_view line) { on_error(line); });
    access_lines_.emplace(access_.get(),
                          [this](std::string_view line) { recorder_.access_line(line); });
    if (auto ok = wait_until_ready(setup.interrupt_fd); !ok) return ok;
    error_lines_->watch(loop);
    access_lines_->watch(loop);
    supervise(loop, setup.time_scale);
    return {};
  }

  // Who has no turns any more cannot end by itself.
  ~Nginx() override {
    if (program_ && lent_time_) program_->end(SIGKILL, 0ms);
  }
  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;

  net::Address address() const override { return address_; }

  std::string condition() const override {
    return supervisor_->condition(processes::waiting_at(address_));
  }

  net::Result<void> reload(const Setup& setup) override {
    if (auto ok = write_config(setup); !ok) return ok;
    if (lent_time_) lent_time_->hold();  // until it has started its new worker
    program_->signal(SIGHUP);
    return {};
  }

 private:
  net::Result<void> write_config(const Setup& setup) const {
    const std::string path = folder_.path() + "/nginx.conf";
    const auto text =
        build_.writer(setup, {.folder = folder_.path(),
                              .listen = address_,
                              .access_log = fmt::format("/proc/self/fd/{}", kAccessLog),
                              .user = user_of_worker(setup.ordinary_rights),
                              .temp_paths = build_.temp_paths});
    if (!text) return tl::unexpected(text.error());
    std::ofstream file(path);
    file << *text;
    file.close();
    return file ? net::Result<void>() : failed("cannot write " + path);
  }

  net::Result<void> launch(const Setup& setup, int socket, int access_log) {
    std::vector<std::string> environment{fmt::format("NGINX={};", kListener)};
    std::vector<std::string> folders{folder_.path()};
    if (!setup.folder.empty()) folders.push_back(setup.folder);
    std::vector<int> descriptors{socket, access_log};
    const auto time = lent_time_ ? lent_time::LentTime::environment(kTimePage)
                                 : processes::faster(setup.time_scale);
    environment.insert(environment.end(), time.begin(), time.end());
    if (lent_time_) {
      const auto shared = lent_time_->descriptors();
      descriptors.insert(descriptors.end(), shared.begin(), shared.end());
    }
    auto program =
        Program::start({.path = build_.path,
                        .arguments = {"-p", folder_.path(), "-c", "nginx.conf", "-e", "stderr"},
                        .environment = environment,
                        .descriptors = descriptors,
                        .folders = folders,
                        .files_of_pids = processes::left_by_faketime()});
    if (!program) return tl::unexpected(program.error());
    program_ = std::move(*program);
    supervisor_.emplace("nginx", *program_);
    return {};
  }

  net::Result<void> wait_until_ready(int interrupt_fd) {
    auto ok = supervisor_->wait_until([this] { return ready_; }, "is not ready", *error_lines_,
                                      interrupt_fd);
    return !ok && ok.error().code == 0 && !refusal_.empty() ? cannot_start() : ok;
  }

  void supervise(net::Loop& loop, double time_scale) {
    supervisor_->watch(
        loop, time_scale, [this] { error_lines_->drain(); },
        [this, &loop](std::string why) {
          recorder_.proxy_failed(std::move(why));
          loop.stop();
        });
  }

  // nginx's own words; that it does not know a directive is a matter of its version.
  net::Result<void> cannot_start() const {
    constexpr std::array<std::string_view, 3> kUnknown{"unknown directive", "invalid parameter",
                                                       "invalid value"};
    const bool unknown = std::ranges::any_of(
        kUnknown, [&](auto words) { return refusal_.find(words) != std::string::npos; });
    return net::fail(refusal_, unknown ? ENOTSUP : 0);
  }

  void on_error(std::string_view line) {
    supervisor_->wrote(without_folder(line));
    const LogLine parsed = parse_error_line(std::string(line));
    if (parsed.message.starts_with(kReady)) expect_processes(line);
    if (!ready_) {
      ready_ = parsed.message.starts_with(kReady);
      // Without the place in a file that nobody has seen.
      if (parsed.level == "emerg" && refusal_.empty())
        refusal_ = parsed.message.substr(0, parsed.message.find(" in " + folder_.path()));
      return;
    }
    // What a server said on FastCGI's stderr may have line feeds in it.
    if (!begins_a_line(line)) {
      if (!left_out_) recorder_.rest_of_error_line(without_folder(line));
      return;
    }
    if (lent_time_ && parsed.level == "emerg") lent_time_->go_on();  // it keeps what it had
    // Of its processes and signals; a notice about a connection has that connection's number.
    left_out_ = parsed.level == "notice" && line.find(": *") == line.npos;
    if (left_out_) return;
    recorder_.error_line(proxy::parse_level(parsed.level).value_or(proxy::Level::error),
                         without_folder(line));
  }

  // "… [notice] MASTER#THREAD: start worker process WORKER"
  void expect_processes(std::string_view line) {
    if (!lent_time_) return;
    const auto number_at = [&](std::size_t at) {
      pid_t number = 0;
      std::from_chars(line.data() + std::min(at, line.size()), line.data() + line.size(), number);
      return number;
    };
    lent_time_->expect(number_at(line.find("] ") + 2));
    lent_time_->expect(number_at(line.find(kReady) + kReady.size()));
    lent_time_->go_on();
  }

  // Files in its own folder, as they are named in a configuration that says nothing of them.
  std::string without_folder(std::string_view line) const {
    const std::string prefix = folder_.path() + "/";
    std::string text(line);
    for (auto at = text.find(prefix); at != text.npos; at = text.find(prefix, at))
      text.erase(at, prefix.size());
    return text;
  }

  // "2026/01/01 00:00:00 [error] …"
  static bool begins_a_line(std::string_view line) {
    constexpr std::string_view kDate = "dddd/dd/dd dd:dd:dd [";
    if (line.size() < kDate.size()) return false;
    for (std::size_t i = 0; i < kDate.size(); ++i) {
      const bool digit = line[i] >= '0' && line[i] <= '9';
      if (kDate[i] == 'd' ? !digit : line[i] != kDate[i]) return false;
    }
    return true;
  }

  static constexpr int kListener = Program::kFirstDescriptor;
  static constexpr int kAccessLog = Program::kFirstDescriptor + 1;
  static constexpr int kTimePage = Program::kFirstDescriptor + 2;

  const Build& build_;
  Recorder& recorder_;
  TempFolder folder_;
  net::Address address_;
  bool ready_ = false;
  bool left_out_ = false;  // the line before
  std::string refusal_;    // the first [emerg] before it was ready
  UniqueFd access_;
  std::unique_ptr<lent_time::LentTime> lent_time_;  // on a virtual clock
  std::unique_ptr<Program> program_;
  std::optional<processes::Supervisor> supervisor_;
  std::optional<LineReader> error_lines_;
  std::optional<LineReader> access_lines_;
};

class NginxDriver final : public Driver {
 public:
  explicit NginxDriver(Build build) : build_(std::move(build)) {}

  std::string name() const override { return "nginx"; }
  std::string version() const override { return build_.version; }
  bool in_process() const override { return false; }
  net::Result<void> can_live_virtually() const override { return lent_time::can_be_lent("nginx"); }
  net::Result<void> can_scale_time() const override {
    if (!processes::faketime_library().empty()) return {};
    return net::fail(
        "nginx can live faster only with libfaketime (Debian: apt-get install faketime)");
  }

  net::Result<std::unique_ptr<ProxyUnderTest>> start(net::Loop& loop, const Setup& setup,
                                                     Recorder& recorder) const override {
    auto folder = TempFolder::make();
    if (!folder) return tl::unexpected(folder.error());
    auto nginx = std::make_unique<Nginx>(build_, recorder, std::move(*folder));
    if (auto ok = nginx->start(loop, setup); !ok) return tl::unexpected(ok.error());
    return nginx;
  }

 private:
  Build build_;
};

// The folders of modules that were not left out: nginx makes them all when it starts.
std::vector<std::string> temp_paths_of(const std::string& configure) {
  std::vector<std::string> paths{"client_body"};
  for (const char* module : {"proxy", "fastcgi", "uwsgi", "scgi"}) {
    if (configure.find(fmt::format("--without-http_{}_module", module)) == configure.npos)
      paths.emplace_back(module);
  }
  return paths;
}

}  // namespace

Supports supports_nginx() {
  return {.tls = TlsSupport::both,
          .fastcgi = true,
          .retries = RetrySupport::as_set,
          .health = HealthSupport::passive,
          .reload = true,
          .time = TimeSupport::simulated};
}

net::Result<std::unique_ptr<Driver>> find_nginx(const std::string& path) {
  return find_nginx_with(path, [](const Setup& setup, const NginxSurroundings& surroundings) {
    return net::Result<std::string>(nginx_config(setup, surroundings));
  });
}

net::Result<std::unique_ptr<Driver>> find_nginx_with(const std::string& path, ConfigWriter writer) {
  const std::string program = find_program(path.empty() ? "nginx" : path);
  if (program.empty()) {
    return net::fail(path.empty() ? "nginx is not installed (Debian: apt-get install nginx)"
                                  : fmt::format("{} is not a program", path));
  }
  const auto told = output_of(program, {"-V"});
  if (!told) return tl::unexpected(told.error());
  Build build{program, word_after(*told, "nginx version: nginx/"), temp_paths_of(*told),
              std::move(writer)};
  if (build.version.empty()) return net::fail(program + " does not say nginx's version");
  return std::make_unique<NginxDriver>(std::move(build));
}

}  // namespace badgate::harness::drivers
