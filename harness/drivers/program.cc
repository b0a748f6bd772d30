#include "harness/drivers/program.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace badgate::harness::drivers {
namespace {

using namespace std::chrono_literals;
using net::UniqueFd;

constexpr int kCannotExecute = 127;
constexpr std::size_t kMaxOutput = 64UL * 1024;

tl::unexpected<net::Error> failed(const char* call) {
  const int code = errno;
  return net::fail(fmt::format("{}: {}", call, std::strerror(code)), code);
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> out;
  for (const auto& word : words)
    out.push_back(const_cast<char*>(word.c_str()));  // execve(2) does not write to them
  out.push_back(nullptr);
  return out;
}

// Everything that is needed between fork and exec, where nothing may be allocated any more.
struct Child {
  const char* path;
  std::vector<char*> argv;
  std::vector<char*> envp;
  std::vector<int> descriptors;
  int errors;
  pid_t parent;
};

// Moved out of the way first: a descriptor may have the number that another is to get.
bool hand_on(std::vector<int>& descriptors, int errors) {
  constexpr int kAside = 200;
  for (int& fd : descriptors) {
    fd = ::fcntl(fd, F_DUPFD_CLOEXEC, kAside);
    if (fd < 0) return false;
  }
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing < 0 || ::dup2(errors, STDERR_FILENO) < 0) return false;
  if (::dup2(nothing, STDIN_FILENO) < 0 || ::dup2(nothing, STDOUT_FILENO) < 0) return false;
  int number = Program::kFirstDescriptor;
  for (const int fd : descriptors) {
    if (::dup2(fd, number++) < 0) return false;
  }
  return true;
}

[[noreturn]] void become(Child& child) {
  ::setpgid(0, 0);  // a Ctrl-C is for badgate, which then ends the program in good order
  if (!hand_on(child.descriptors, child.errors)) ::_exit(kCannotExecute);
  // SIGTERM, which a master process passes on to its workers.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != child.parent) ::_exit(kCannotExecute);  // it died before that
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(child.path, child.argv.data(), child.envp.data());
  ::_exit(kCannotExecute);
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

net::Result<std::unique_ptr<Program>> Program::start(const Start& start) {
  auto errors = make_pipe();
  if (!errors) return tl::unexpected(errors.error());
  std::vector<std::string> words{start.path};
  words.insert(words.end(), start.arguments.begin(), start.arguments.end());
  Child child{start.path.c_str(), pointers(words),     pointers(start.environment),
              start.descriptors,  errors->write.get(), ::getpid()};
  const pid_t pid = ::fork();
  if (pid < 0) return failed("fork");
  if (pid == 0) become(child);
  ::setpgid(pid, pid);  // here too: whoever comes first
  return std::unique_ptr<Program>(new Program(pid, std::move(errors->read)));
}

Program::~Program() {
  signal(SIGTERM);
  if (!ended_within(1s)) ::kill(-pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void Program::signal(int number) const {
  ::kill(pid_, number);
}

// All of its processes have the pipe: its end is theirs.
bool Program::ended_within(std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  char ignored[4096];
  for (;;) {
    const ssize_t n = ::read(errors_.get(), ignored, sizeof ignored);
    if (n == 0) return true;
    if (n > 0 || errno == EINTR) continue;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (errno != EAGAIN || left <= 0ms || !wait_readable(errors_.get(), left)) return false;
  }
}

bool wait_readable(int fd, std::chrono::milliseconds patience) {
  pollfd poll{fd, POLLIN, 0};
  return ::poll(&poll, 1, static_cast<int>(patience.count())) > 0;
}

net::Result<std::string> errors_of(const std::string& path,
                                   const std::vector<std::string>& arguments) {
  auto program = Program::start({.path = path, .arguments = arguments});
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

}  // namespace badgate::harness::drivers
