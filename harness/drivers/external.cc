#include "harness/drivers/external.h"

#include <fmt/core.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

#include "harness/lent_time/lent_time.h"
#include "harness/processes/faketime.h"
#include "harness/processes/installed.h"
#include "harness/processes/line_reader.h"
#include "harness/processes/listening.h"
#include "harness/processes/program.h"
#include "harness/processes/supervisor.h"
#include "harness/temp_folder.h"

namespace badgate::harness::drivers {
namespace {

using namespace std::chrono_literals;
using processes::LineReader;
using processes::Program;

constexpr unsigned kMostPorts = 5;  // somebody else may take one in between
// So often it is seen, 5 ms apart, that another process listens at the port: it is no process that
// the proxy has just begun.
constexpr unsigned kStrangeLooks = 20;
constexpr std::size_t kMaxParagraph = 256UL * 1024;

class Instance final : public ProxyUnderTest {
 public:
  Instance(const Kind& kind, Recorder& recorder, TempFolder folder, processes::ReservedPort port)
      : kind_(kind),
        recorder_(recorder),
        folder_(std::move(folder)),
        port_(std::move(port)),
        address_(net::Address::loopback(port_.port)) {}

  net::Result<void> start(net::Loop& loop, const Setup& setup) {
    auto access = processes::make_pipe();
    if (!access) return tl::unexpected(access.error());
    access_ = std::move(access->read);
    time_scale_ = setup.time_scale;
    if (loop.clock().is_virtual()) {
      auto lent = lent_time::LentTime::lend(loop);
      if (!lent) return tl::unexpected(lent.error());
      lent_time_ = std::move(*lent);
    }
    if (auto ok = give_away(access->write.get()); !ok) return ok;
    auto launching = write_files(setup);
    if (!launching) return tl::unexpected(launching.error());
    if (divides_times()) recorder_.log_times_scaled(time_scale_);
    auto program = Program::start({.path = kind_.path,
                                   .arguments = launching->arguments,
                                   .environment = environment(*launching),
                                   .descriptors = descriptors(access->write.get()),
                                   .output = true,
                                   .directory = folder_.path(),
                                   .folders = folders(setup),
                                   .files = launching->needed_to_start,
                                   .files_of_pids = processes::left_by_faketime(),
                                   .shared_files = kind_.shared_files});
    if (!program) return tl::unexpected(program.error());
    program_ = std::move(*program);
    access->write.close();
    supervisor_.emplace(kind_.name, *program_);
    error_lines_.emplace(program_->error_fd(), [this](std::string_view line) { on_error(line); });
    if (auto ok = wait_until_it_listens(setup.interrupt_fd); !ok) return ok;
    for (const std::string& path : launching->needed_to_start)
      ::unlink(path.c_str());
    if (launching->log_reader) {
      if (auto ok = start_log_reader(*launching->log_reader, setup.interrupt_fd); !ok) return ok;
    }
    ready_ = true;
    supervise(loop);
    access_lines_.emplace(log_reader_ ? log_reader_->error_fd() : access_.get(),
                          [this](std::string_view line) { on_access(line); });
    error_lines_->watch(loop);
    access_lines_->watch(loop);
    return {};
  }

  // Who has no turns any more cannot end by itself.
  ~Instance() override {
    if (log_reader_) log_reader_->end(SIGTERM, 1s);
    if (program_ && lent_time_) program_->end(SIGKILL, 0ms);
    if (program_ && !lent_time_)
      program_->end(kind_.end_signal != 0 ? kind_.end_signal : SIGTERM, 1s);
  }
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  net::Address address() const override { return address_; }

  std::string condition() const override {
    return supervisor_->condition(processes::waiting_at(address_));
  }

  net::Result<void> reload(const Setup& setup) override {
    if (!kind_.supports.reload)
      return net::fail(kind_.name + " is not told here to read its configuration again", ENOTSUP);
    if (auto launching = write_files(setup); !launching) return tl::unexpected(launching.error());
    program_->signal(kind_.reload_signal);
    return {};
  }

 private:
  // What its log tells is then multiplied again.
  bool divides_times() const { return kind_.supports.time == TimeSupport::divided; }

  net::Result<void> give_away(int log) const {
    if (kind_.user.empty() || ::geteuid() != 0) return {};
    const passwd* user = ::getpwnam(kind_.user.c_str());
    if (user == nullptr) return net::fail("there is no user " + kind_.user);
    if (::chown(folder_.path().c_str(), user->pw_uid, user->pw_gid) != 0 ||
        ::fchown(log, user->pw_uid, user->pw_gid) != 0)
      return net::fail(fmt::format("chown {}: {}", folder_.path(), std::strerror(errno)));
    return {};
  }

  std::vector<int> descriptors(int access_log) const {
    std::vector<int> all{access_log};
    if (!lent_time_) return all;
    const auto shared = lent_time_->descriptors();
    all.insert(all.end(), shared.begin(), shared.end());
    return all;
  }

  std::vector<std::string> environment(const Launching& launching) const {
    auto all = lent_time_ ? lent_time::LentTime::environment(kTimePage)
                          : processes::faster(divides_times() ? 1 : time_scale_);
    all.insert(all.end(), launching.environment.begin(), launching.environment.end());
    return all;
  }

  std::vector<std::string> folders(const Setup& setup) const {
    std::vector<std::string> all{folder_.path()};
    if (!setup.folder.empty()) all.push_back(setup.folder);
    return all;
  }

  net::Result<Launching> write_files(const Setup& setup) const {
    auto launching = kind_.render(setup, {.folder = folder_.path(),
                                          .listen = address_,
                                          .access_log = fmt::format("/proc/self/fd/{}", kAccessLog),
                                          .access_fd = kAccessLog,
                                          .time_scale = time_scale_,
                                          .time_is_lent = lent_time_ != nullptr});
    if (!launching) return launching;
    for (const auto& [name, text] : launching->files) {
      const std::string path = folder_.path() + "/" + name;
      std::ofstream file(path);
      file << text;
      file.close();
      if (!file) return net::fail(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
    }
    return launching;
  }

  // Somebody else may have taken the port: what listens there need not be the proxy. One whose time
  // is lent has to wait before time moves; then it listens as well, or it would have ended.
  net::Result<void> wait_until_it_listens(int interrupt_fd) {
    unsigned strange = 0;
    const auto settled = [&] {
      if (lent_time_) return lent_time_->somebody_waits();
      const auto listeners = processes::listeners_at(address_);
      if (listeners.empty()) return false;
      const bool own = std::ranges::any_of(listeners, [&](const auto& listener) {
        return program_->has_socket(listener.inode).value_or(true);
      });
      return own || ++strange >= kStrangeLooks;
    };
    auto ok = supervisor_->wait_until(settled, "does not listen", *error_lines_, interrupt_fd);
    if (ok && strange < kStrangeLooks) return {};
    const bool taken = ok || (ok.error().code == 0 && processes::somebody_listens(address_));
    if (!taken) return ok;
    return net::fail(fmt::format("{} does not start: somebody else listens at {}{}", kind_.name,
                                 address_.to_string(), supervisor_->last_lines()),
                     EADDRINUSE);
  }

  void supervise(net::Loop& loop) {
    supervisor_->watch(
        loop, time_scale_, [this] { error_lines_->drain(); },
        [this, &loop](std::string why) {
          recorder_.proxy_failed(std::move(why));
          loop.stop();
        });
  }

  net::Result<void> start_log_reader(const LogReader& reader, int interrupt_fd) {
    auto program = Program::start({.path = reader.path,
                                   .arguments = reader.arguments,
                                   .output = true,
                                   .directory = folder_.path()});
    if (!program) return tl::unexpected(program.error());
    log_reader_ = std::move(*program);
    return supervisor_->wait_until([&] { return reader.ready(folder_.path()); },
                                   "has nobody read its log", *error_lines_, interrupt_fd);
  }

  void on_error(std::string_view line) {
    supervisor_->wrote(line);
    if (ready_) kind_.error_line(line, recorder_);
  }

  void on_access(std::string_view line) {
    if (!kind_.access_paragraphs) return kind_.access_line(line, recorder_);
    if (line.empty()) {
      kind_.access_line(std::exchange(paragraph_, {}), recorder_);
    } else if (paragraph_.size() < kMaxParagraph) {
      paragraph_.append(line).append("\n");
    }
  }

  static constexpr int kAccessLog = Program::kFirstDescriptor;
  static constexpr int kTimePage = kAccessLog + 1;

  const Kind& kind_;
  Recorder& recorder_;
  TempFolder folder_;
  processes::ReservedPort port_;
  net::Address address_;
  double time_scale_ = 1;
  bool ready_ = false;
  net::UniqueFd access_;
  std::string paragraph_;
  std::unique_ptr<lent_time::LentTime> lent_time_;  // on a virtual clock
  std::unique_ptr<Program> program_;
  std::unique_ptr<Program> log_reader_;
  std::optional<processes::Supervisor> supervisor_;
  std::optional<LineReader> error_lines_;
  std::optional<LineReader> access_lines_;
};

class External final : public Driver {
 public:
  explicit External(Kind kind) : kind_(std::move(kind)) {}

  std::string name() const override { return kind_.name; }
  std::string version() const override { return kind_.version; }
  bool in_process() const override { return false; }
  bool is_nginx() const override { return false; }

  net::Result<void> can_live_virtually() const override {
    if (kind_.supports.time != TimeSupport::simulated)
      return net::fail(kind_.name + " needs real time: it does not take its time from badgate");
    return lent_time::can_be_lent(kind_.name);
  }

  // It would have to begin a process in the midst of its turn.
  bool can_reload_virtually() const override { return false; }

  net::Result<void> can_scale_time() const override {
    if (kind_.supports.time == TimeSupport::divided) return {};
    if (kind_.supports.time == TimeSupport::real)
      return net::fail(kind_.name + " cannot live faster: libfaketime does not reach it");
    if (!processes::faketime_library().empty()) return {};
    return net::fail(kind_.name +
                     " can live faster only with libfaketime (Debian: apt-get install faketime)");
  }

  net::Result<std::unique_ptr<ProxyUnderTest>> start(net::Loop& loop, const Setup& setup,
                                                     Recorder& recorder) const override {
    // Only spreads the ports of processes that run at the same time: which one it is changes
    // nothing.
    net::Rng rng(static_cast<std::uint64_t>(::getpid()));
    net::Error last;
    for (unsigned i = 0; i < kMostPorts; ++i) {
      auto folder = TempFolder::make();
      if (!folder) return tl::unexpected(folder.error());
      auto port = processes::reserve_port(rng);
      if (!port) return tl::unexpected(port.error());
      auto instance =
          std::make_unique<Instance>(kind_, recorder, std::move(*folder), std::move(*port));
      auto started = instance->start(loop, setup);
      if (started) return instance;
      last = std::move(started.error());
      if (last.code != EADDRINUSE) break;
    }
    return tl::unexpected(std::move(last));
  }

 private:
  Kind kind_;
};

net::Result<std::string> path_of(const Kind& kind, const std::string& path) {
  if (!path.empty()) {
    auto found = processes::find_program(path);
    if (found.empty()) return net::fail(path + " is not a program");
    return std::filesystem::absolute(found);  // it is begun in a folder of its own
  }
  for (const std::string& name : kind.programs) {
    if (auto found = processes::find_program(name); !found.empty()) return found;
  }
  return net::fail(fmt::format("{} is not installed (Debian: apt-get install {})",
                               kind.programs.front(), kind.package));
}

}  // namespace

net::Result<std::unique_ptr<Driver>> find_external(Kind kind, const std::string& path) {
  auto program = path_of(kind, path);
  if (!program) return tl::unexpected(program.error());
  kind.path = std::move(*program);
  const auto told = processes::output_of(kind.path, {kind.version_option});
  if (!told) return tl::unexpected(told.error());
  kind.version = kind.version_in(*told);
  return std::make_unique<External>(std::move(kind));
}

std::string word_after(const std::string& text, std::string_view prefix) {
  const std::size_t at = text.find(prefix);
  if (at == text.npos) return {};
  const std::size_t begin = at + prefix.size();
  return text.substr(begin, text.find_first_of(" \n", begin) - begin);
}

}  // namespace badgate::harness::drivers
