#include "harness/workers.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <vector>

#include "harness/write_all.h"
#include "net/signals.h"
#include "net/unique_fd.h"

namespace badgate::harness {
namespace {

using net::UniqueFd;

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

std::optional<Pipe> make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return std::nullopt;
  return Pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// Its bytes as they are in memory: both ends are one program.
template <typename Number>
bool write_number(int fd, Number number) {
  return write_all(fd, {reinterpret_cast<const char*>(&number), sizeof number});
}

bool read_all(int fd, void* data, std::size_t size) {
  char* at = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t n = ::read(fd, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

bool send_result(int fd, const std::string& result) {
  const std::uint64_t size = result.size();
  return write_number(fd, size) && write_all(fd, result);
}

std::optional<std::string> receive_result(int fd) {
  std::uint64_t size = 0;
  if (!read_all(fd, &size, sizeof size)) return std::nullopt;
  std::string result(size, '\0');
  if (!read_all(fd, result.data(), result.size())) return std::nullopt;
  return result;
}

std::string how_it_ended(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) {
    return fmt::format("ended by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
  }
  return fmt::format("exited with status {} before it had a result", WEXITSTATUS(status));
}

// One forked process. It gets task numbers through one pipe and answers through the other.
class Worker {
 public:
  // `others` are the workers that run already: the new process must not hold their pipes open.
  static std::optional<Worker> start(const Workers& workers, std::vector<Worker>& others) {
    auto tasks = make_pipe();
    auto results = make_pipe();
    if (!tasks || !results) return std::nullopt;
    std::fflush(nullptr);  // or the child would print the parent's buffers again
    const pid_t pid = ::fork();
    if (pid < 0) return std::nullopt;
    if (pid == 0) {
      others.clear();
      tasks->write.close();
      results->read.close();
      serve(workers, tasks->read.get(), results->write.get());
      std::fflush(nullptr);
      ::_exit(0);
    }
    Worker worker;
    worker.pid_ = pid;
    worker.tasks_ = std::move(tasks->write);
    worker.results_ = std::move(results->read);
    return worker;
  }

  bool give(std::size_t task) {
    task_ = task;
    const std::uint64_t number = task;
    return write_number(tasks_.get(), number);
  }

  int fd() const { return results_.get(); }
  bool busy() const { return task_.has_value(); }
  std::size_t take_task() { return std::exchange(task_, std::nullopt).value(); }
  std::optional<std::string> receive() { return receive_result(results_.get()); }
  void interrupt() const { ::kill(pid_, SIGTERM); }

  // No more tasks: the process ends by itself.
  std::string finish() {
    tasks_.close();
    results_.close();
    return how_it_ended(std::exchange(pid_, -1));
  }

 private:
  static void serve(const Workers& workers, int tasks, int results) {
    // Out of reach of what kills a process group: it hears from its parent, or of that one's end,
    // and can still take away what it has put up.
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    net::Signals signals({SIGINT, SIGTERM, SIGHUP});
    std::uint64_t number = 0;
    while (read_all(tasks, &number, sizeof number)) {
      if (!send_result(results, workers.work(number, signals.fd()))) return;
      if (signals.take()) return;
    }
  }

  pid_t pid_ = -1;
  UniqueFd tasks_;
  UniqueFd results_;
  std::optional<std::size_t> task_;
};

class Pool {
 public:
  explicit Pool(const Workers& workers) : workers_(workers), signals_({SIGINT, SIGTERM, SIGHUP}) {}

  net::Result<void> run() {
    while (more_tasks() || !pool_.empty()) {
      if (!fill()) return stop_with("cannot start a worker process");
      if (pool_.empty()) break;
      wait();
    }
    if (interrupted_) return net::fail("interrupted");
    return {};
  }

 private:
  bool more_tasks() const { return !stopping_ && next_ < workers_.tasks; }

  // Gives every free worker a task, and starts workers up to the limit.
  bool fill() {
    for (std::size_t i = 0; i < pool_.size();) {
      if (!pool_[i].busy() && !assign(pool_[i])) {
        pool_[i].finish();
        pool_.erase(pool_.begin() + static_cast<std::ptrdiff_t>(i));
      } else {
        ++i;
      }
    }
    while (more_tasks() && pool_.size() < std::max(1U, workers_.jobs)) {
      auto worker = Worker::start(workers_, pool_);
      if (!worker) return false;
      pool_.push_back(std::move(*worker));
      if (!pool_.back().give(next_++)) return false;
    }
    return true;
  }

  // A worker that is about to change its process takes no second task, nor a used one such a task.
  bool assign(Worker& worker) {
    if (!more_tasks() || workers_.alone(next_)) return false;
    return worker.give(next_++);
  }

  void wait() {
    std::vector<pollfd> fds;
    for (const Worker& worker : pool_)
      fds.push_back({worker.fd(), POLLIN, 0});
    fds.push_back({signals_.fd(), POLLIN, 0});
    if (::poll(fds.data(), fds.size(), -1) < 0) return;
    if (signals_.take()) {
      interrupted_ = stopping_ = true;
      for (const Worker& worker : pool_)
        worker.interrupt();
    }
    for (std::size_t i = pool_.size(); i-- > 0;) {
      if (fds[i].revents != 0) receive(i);
    }
  }

  void receive(std::size_t i) {
    Worker& worker = pool_[i];
    const std::size_t task = worker.take_task();
    auto result = worker.receive();
    std::string how_died;
    if (!result || workers_.alone(task)) {
      const std::string how = worker.finish();
      pool_.erase(pool_.begin() + static_cast<std::ptrdiff_t>(i));
      if (!result) how_died = how;
    }
    const bool go_on =
        workers_.on_result(task, std::move(result).value_or(std::string()), std::move(how_died));
    if (!go_on) stopping_ = true;
  }

  net::Result<void> stop_with(const std::string& why) {
    const int code = errno;
    for (Worker& worker : pool_) {
      worker.interrupt();
      worker.finish();
    }
    pool_.clear();
    return net::fail(fmt::format("{}: {}", why, std::strerror(code)), code);
  }

  const Workers& workers_;
  net::Signals signals_;
  std::vector<Worker> pool_;
  std::size_t next_ = 0;
  bool stopping_ = false;
  bool interrupted_ = false;
};

}  // namespace

net::Result<void> run_workers(const Workers& workers) {
  return Pool(workers).run();
}

}  // namespace badgate::harness
