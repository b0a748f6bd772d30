#include "harness/processes/program.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "harness/processes/process_tree.h"

namespace badgate::harness::processes {
namespace {

using namespace std::chrono_literals;
using net::UniqueFd;

constexpr std::size_t kMaxOutput = 64UL * 1024;
constexpr auto kGrace = 1s;
// Beyond the grace, for what the kernel has to do.
constexpr auto kPatience = 7s;

tl::unexpected<net::Error> failed(const char* call) {
  const int code = errno;
  return net::fail(fmt::format("{}: {}", call, std::strerror(code)), code);
}

bool is_executable(const std::string& path) {
  return ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

net::Result<Pipe> make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return failed("pipe");
  Pipe pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
  if (::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK) != 0) return failed("fcntl");
  return pipe;
}

net::Result<std::unique_ptr<Program>> Program::start(Launch launch) {
  auto errors = make_pipe();
  if (!errors) return tl::unexpected(errors.error());
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return failed("socketpair");
  UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  launch.errors = errors->write.get();
  const pid_t pid = ::fork();
  if (pid < 0) return failed("fork");
  if (pid == 0) {
    ours.close();
    guard(theirs.get(), launch);
  }
  return std::unique_ptr<Program>(new Program(pid, std::move(ours), std::move(errors->read)));
}

Program::~Program() {
  if (!ending_) end(SIGTERM, kGrace);
  wait_ended();
  while (::waitpid(guardian_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

bool Program::take_notices(std::vector<Notice>& into) {
  for (;;) {
    Notice notice{};
    const ssize_t n = ::recv(channel_.get(), &notice, sizeof notice, MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno == EAGAIN;
    if (n == 0) return false;
    if (notice.kind == Notice::Kind::all_ended) killed_ |= notice.value != 0;
    into.push_back(notice);
  }
}

void Program::signal(int number, Whom whom) const {
  const Order order{Order::Kind::signal, whom, number, 0};
  (void)::send(channel_.get(), &order, sizeof order, MSG_NOSIGNAL);
}

std::optional<pid_t> Program::stopped_process() const {
  return stopped_descendant_of(guardian_);
}

std::optional<bool> Program::has_socket(std::uint64_t inode) const {
  return descendants_have_socket(guardian_, inode);
}

void Program::end(int number, std::chrono::milliseconds grace) {
  ending_ = true;
  grace_ = grace;
  const Order order{Order::Kind::end, Whom::program, number, static_cast<int>(grace.count())};
  (void)::send(channel_.get(), &order, sizeof order, MSG_NOSIGNAL);
}

// What it still writes is read, or it might wait for that for ever.
bool Program::wait_ended() {
  const auto until = std::chrono::steady_clock::now() + grace_ + kPatience;
  std::vector<Notice> notices;
  bool wrote = true;
  while (take_notices(notices)) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left <= 0ms) {
      ::kill(guardian_, SIGKILL);
      return false;
    }
    pollfd fds[2] = {{channel_.get(), POLLIN, 0}, {wrote ? errors_.get() : -1, POLLIN, 0}};
    ::poll(fds, 2, static_cast<int>(left.count()));
    char ignored[4096];
    if (fds[1].revents != 0) wrote = ::read(errors_.get(), ignored, sizeof ignored) != 0;
  }
  return !killed_;
}

bool wait_readable(int fd, std::chrono::milliseconds patience) {
  pollfd poll{fd, POLLIN, 0};
  return ::poll(&poll, 1, static_cast<int>(patience.count())) > 0;
}

net::Result<std::string> output_of(const std::string& path,
                                   const std::vector<std::string>& arguments) {
  auto program = Program::start({.path = path, .arguments = arguments, .output = true});
  if (!program) return tl::unexpected(program.error());
  std::string out;
  char buffer[4096];
  while (out.size() < kMaxOutput && wait_readable((*program)->error_fd(), 10s)) {
    const ssize_t n = ::read((*program)->error_fd(), buffer, sizeof buffer);
    if (n <= 0) return out;
    out.append(buffer, static_cast<std::size_t>(n));
  }
  return net::fail(fmt::format("{} does not come to an end", path));
}

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return is_executable(name) ? name : std::string();
  const char* path = std::getenv("PATH");
  std::string folders = path != nullptr ? path : "";
  folders += ":/usr/sbin:/usr/local/sbin";
  for (std::size_t at = 0; at < folders.size();) {
    const std::size_t end = std::min(folders.find(':', at), folders.size());
    const std::string candidate = folders.substr(at, end - at) + "/" + name;
    if (end > at && is_executable(candidate)) return candidate;
    at = end + 1;
  }
  return {};
}

}  // namespace badgate::harness::processes
