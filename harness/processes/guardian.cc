#include "harness/processes/guardian.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>

#include "harness/processes/process_tree.h"
#include "harness/processes/program.h"

namespace badgate::harness::processes {
namespace {

using namespace std::chrono_literals;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr int kCannotExecute = 127;
// How long the children of a program that has ended may take to follow it.
constexpr auto kOrphansGrace = 300ms;
// What does not die of SIGKILL in this time hangs in the kernel, and is left to it.
constexpr auto kKillPatience = 5s;

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> out;
  for (const auto& word : words)
    out.push_back(const_cast<char*>(word.c_str()));  // execve(2) does not write to them
  out.push_back(nullptr);
  return out;
}

bool to_null(int fd, int flags) {
  const int nothing = ::open("/dev/null", flags | O_CLOEXEC);
  return nothing >= 0 && ::dup2(nothing, fd) >= 0;
}

// Moved out of the way first: a descriptor may have the number that another is to get.
bool hand_on(const Launch& launch) {
  constexpr int kAside = 200;
  std::vector<int> aside;
  for (const int fd : launch.descriptors) {
    aside.push_back(::fcntl(fd, F_DUPFD_CLOEXEC, kAside));
    if (aside.back() < 0) return false;
  }
  const int errors = ::fcntl(launch.errors, F_DUPFD_CLOEXEC, kAside);
  if (errors < 0 || ::dup2(errors, STDERR_FILENO) < 0 || !to_null(STDIN_FILENO, O_RDONLY))
    return false;
  if (launch.output ? ::dup2(errors, STDOUT_FILENO) < 0 : !to_null(STDOUT_FILENO, O_WRONLY))
    return false;
  int number = Program::kFirstDescriptor;
  for (const int fd : aside) {
    if (::dup2(fd, number++) < 0) return false;
  }
  // What badgate itself was started with is not the program's: a limit of descriptors counts it.
  return ::close_range(static_cast<unsigned>(number), ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

bool limit(decltype(RLIMIT_AS) what, std::uint64_t value) {
  if (value == 0) return true;
  const rlimit both{value, value};
  return ::setrlimit(what, &both) == 0;
}

[[noreturn]] void become(const Launch& launch, int channel, pid_t guardian) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);                    // somebody may kill the guardian
  if (::getppid() != guardian) ::_exit(kCannotExecute);  // and has done so already
  const int aside = ::fcntl(channel, F_DUPFD_CLOEXEC, 300);
  // Before they can come: badgate's handlers are not this process's, nor is what it ignores.
  for (int number = 1; number < NSIG; ++number)
    ::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  std::vector<std::string> words{launch.path};
  words.insert(words.end(), launch.arguments.begin(), launch.arguments.end());
  const auto argv = pointers(words);
  const auto envp = pointers(launch.environment);
  if (hand_on(launch) && (launch.directory.empty() || ::chdir(launch.directory.c_str()) == 0) &&
      limit(RLIMIT_AS, launch.memory_limit) && limit(RLIMIT_NOFILE, launch.files_limit))
    ::execve(launch.path.c_str(), argv.data(), envp.data());
  const Notice notice{Notice::Kind::cannot_execute, errno};
  (void)::send(aside, &notice, sizeof notice, MSG_NOSIGNAL);
  ::_exit(kCannotExecute);
}

class Guardian {
 public:
  Guardian(int channel, const Launch& launch)
      : channel_(channel),
        folders_(launch.folders),
        files_(launch.files),
        files_of_pids_(launch.files_of_pids),
        shared_files_(launch.shared_files) {}

  void begin(const Launch& launch) {
    const pid_t self = ::getpid();
    program_ = ::fork();
    if (program_ == 0) become(launch, channel_, self);
    if (program_ < 0) tell(Notice::Kind::cannot_execute, errno);
    keep_channel_only();
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    children_ = ::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  }

  [[noreturn]] void run() {
    for (;;) {
      const bool alone = reap();
      if (alone && ending_) finish();
      if (kill_at_ && std::chrono::steady_clock::now() >= *kill_at_) {
        kill_all();
        finish();
      }
      pollfd fds[2] = {{channel_, POLLIN, 0}, {children_, POLLIN, 0}};
      ::poll(fds, 2, patience());
      forget_signals();
      if (fds[0].revents != 0 && !obey()) abandoned();
    }
  }

 private:
  // The copies of badgate's descriptors: an end of a pipe that stays open here would never be seen
  // to close by others.
  void keep_channel_only() {
    constexpr unsigned kFirst = 3;
    if (channel_ != static_cast<int>(kFirst)) {
      ::dup2(channel_, kFirst);
      channel_ = kFirst;
    }
    ::fcntl(channel_, F_SETFD, FD_CLOEXEC);
    ::close_range(kFirst + 1, ~0U, 0);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
      to_null(fd, O_RDWR);
  }

  void forget_signals() const {
    signalfd_siginfo ignored{};
    while (::read(children_, &ignored, sizeof ignored) > 0) {
    }
  }

  int patience() const {
    if (!kill_at_) return -1;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(*kill_at_ - std::chrono::steady_clock::now());
    return static_cast<int>(std::max(left, 0ms).count());
  }

  void tell(Notice::Kind kind, int value) const {
    const Notice notice{kind, value};
    (void)::send(channel_, &notice, sizeof notice, MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  // True: nobody is left.
  bool reap() {
    int status = 0;
    for (;;) {
      const pid_t pid = ::waitpid(-1, &status, WNOHANG);
      if (pid == 0) return false;
      if (pid < 0 && errno == EINTR) continue;
      if (pid < 0) break;
      remove_files_of(pid);
      if (pid != program_) continue;
      program_ = -1;
      tell(Notice::Kind::ended, status);
      if (ending_) kill_at_ = std::min(*kill_at_, std::chrono::steady_clock::now() + kOrphansGrace);
    }
    if (!std::exchange(told_all_ended_, true)) tell(Notice::Kind::all_ended, killed_ ? 1 : 0);
    return true;
  }

  void remove_files_of(pid_t pid) const {
    for (const std::string& name : files_of_pids_)
      ::unlink((name + std::to_string(pid)).c_str());
  }

  // False: badgate is gone.
  bool obey() {
    Order order{};
    const ssize_t n = ::recv(channel_, &order, sizeof order, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (n != static_cast<ssize_t>(sizeof order)) return false;
    if (order.kind == Order::Kind::signal) {
      if (!send_signal(order.number, order.whom)) tell(Notice::Kind::nobody, order.number);
      return true;
    }
    ending_ = true;
    kill_at_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(order.grace_ms);
    // Whose program is gone already gets the request itself; a stopped one must wake up to hear it.
    const Whom whom = program_ > 0 ? Whom::program : Whom::everybody;
    send_signal(order.number, whom);
    send_signal(SIGCONT, Whom::everybody);
    return true;
  }

  bool send_signal(int number, Whom whom) const {
    if (whom == Whom::everybody) return signal_all(number);
    const bool lives = program_ > 0;
    if (whom == Whom::program) return lives && ::kill(program_, number) == 0;
    const auto children = children_of(lives ? program_ : ::getpid());
    return !children.empty() && ::kill(children.front(), number) == 0;
  }

  // A process may begin another while the list is read.
  static bool signal_all(int number) {
    constexpr int kRounds = 20;
    bool any = false;
    for (int i = 0; i < kRounds; ++i) {
      const auto all = descendants_of(::getpid());
      for (const pid_t pid : all)
        any |= ::kill(pid, number) == 0;
      if (all.empty() || number != SIGKILL) break;
    }
    return any;
  }

  // Shared memory that processes still have when they are killed, and cannot remove any more.
  std::vector<std::string> shared_files() const {
    std::vector<std::string> found;
    if (shared_files_.empty()) return found;
    for (const pid_t pid : descendants_of(::getpid())) {
      std::ifstream maps("/proc/" + std::to_string(pid) + "/maps");
      for (std::string line; std::getline(maps, line);) {
        const auto at = line.find(shared_files_);
        if (at != line.npos) found.push_back(line.substr(at));
      }
    }
    return found;
  }

  void kill_all() {
    killed_ |= program_ > 0;
    const auto left = shared_files();
    const auto give_up = std::chrono::steady_clock::now() + kKillPatience;
    while (!reap() && std::chrono::steady_clock::now() < give_up) {
      signal_all(SIGKILL);
      pollfd fd{children_, POLLIN, 0};
      ::poll(&fd, 1, 20);
      forget_signals();
    }
    for (const std::string& file : left)
      ::unlink(file.c_str());
  }

  [[noreturn]] void finish() const {
    for (const std::string& file : files_)
      ::unlink(file.c_str());
    ::_exit(0);
  }

  [[noreturn]] void abandoned() {
    kill_all();
    std::error_code ignored;  // nobody is left to be told
    for (const std::string& folder : folders_)
      std::filesystem::remove_all(folder, ignored);
    finish();
  }

  int channel_;
  std::vector<std::string> folders_;
  std::vector<std::string> files_;
  std::vector<std::string> files_of_pids_;
  std::string shared_files_;
  int children_ = -1;
  pid_t program_ = -1;
  bool ending_ = false;
  bool killed_ = false;
  bool told_all_ended_ = false;
  std::optional<SteadyTime> kill_at_;
};

}  // namespace

void guard(int channel, const Launch& launch) {
  ::setsid();
  ::prctl(PR_SET_NAME, "badgate-guard");
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  Guardian guardian(channel, launch);
  guardian.begin(launch);
  guardian.run();
}

}  // namespace badgate::harness::processes
