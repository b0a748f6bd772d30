#include "harness/lab/child.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

#include "net/signals.h"

namespace badgate::harness::lab {
namespace {

#if defined(__SANITIZE_ADDRESS__)  // g++
constexpr bool kHasAddressSanitizer = true;
#elif defined(__has_feature)  // clang
constexpr bool kHasAddressSanitizer = __has_feature(address_sanitizer);
#else
constexpr bool kHasAddressSanitizer = false;
#endif

void limit(int what, rlim_t value) {
  const rlimit both{value, value};
  ::setrlimit(static_cast<__rlimit_resource>(what), &both);
}

void set_limits(const Child::Limits& limits) {
  if (!kHasAddressSanitizer) limit(RLIMIT_AS, limits.memory);  // its shadow is terabytes
  if (limits.cpu_seconds > 0) limit(RLIMIT_CPU, limits.cpu_seconds);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, limits.file);
  std::signal(SIGXFSZ, SIG_IGN);  // who writes more gets EFBIG
}

// The connections of learners among them: nobody is to wait for this process to end.
void close_all_but(int kept) {
  if (kept > 3) ::close_range(3, static_cast<unsigned>(kept) - 1, 0);
  ::close_range(static_cast<unsigned>(kept) + 1, ~0U, 0);
}

[[noreturn]] void live(const Child::Work& work, const Child::Limits& limits, int channel,
                       pid_t parent) {
  ::setpgid(0, 0);  // Ctrl-C is for the parent, which asks its children to end
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(1);
  close_all_but(channel);
  set_limits(limits);
  {
    const net::Signals signals({SIGINT, SIGTERM, SIGHUP});
    work(channel, signals.fd());
  }
  std::fflush(nullptr);
  ::_exit(0);
}

int signal_through(int pidfd, int number) {
  return static_cast<int>(::syscall(SYS_pidfd_send_signal, pidfd, number, nullptr, 0));
}

bool readable_within(int fd, int milliseconds) {
  pollfd one{fd, POLLIN, 0};
  return ::poll(&one, 1, milliseconds) > 0;
}

}  // namespace

net::Result<Child> Child::start(const Work& work, const Limits& limits) {
  const auto failed = [](const char* what) {
    return net::fail(fmt::format("{}: {}", what, std::strerror(errno)), errno);
  };
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return failed("socketpair");
  net::UniqueFd own(ends[0]);
  net::UniqueFd theirs(ends[1]);
  std::fflush(nullptr);  // or the child would print the parent's buffers again
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return failed("fork");
  if (pid == 0) live(work, limits, theirs.get(), parent);
  Child child;
  child.pidfd_ = net::UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!child.pidfd_) {
    const auto error = failed("pidfd_open");
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return error;
  }
  ::fcntl(own.get(), F_SETFL, O_NONBLOCK);
  child.channel_ = std::move(own);
  return child;
}

Child::~Child() {
  if (!pidfd_ || reaped_) return;
  kill();
  reap();
}

void Child::interrupt() const {
  signal_through(pidfd_.get(), SIGTERM);
}

void Child::kill() const {
  signal_through(pidfd_.get(), SIGKILL);
}

std::string Child::reap() {
  siginfo_t how{};
  while (::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &how, WEXITED) != 0 && errno == EINTR) {
  }
  reaped_ = true;
  if (how.si_code == CLD_EXITED) {
    return how.si_status == 0 ? std::string() : fmt::format("exited with status {}", how.si_status);
  }
  return fmt::format("was ended by signal {} ({})", how.si_status, ::strsignal(how.si_status));
}

bool Child::end_within(std::chrono::milliseconds time) {
  if (reaped_) return true;
  interrupt();
  const bool ended = readable_within(pidfd_.get(), static_cast<int>(time.count()));
  if (!ended) kill();
  reap();
  return ended;
}

bool write_all(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t n = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    data.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace badgate::harness::lab
