#include "harness/processes/supervisor.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "harness/processes/process_tree.h"
#include "harness/processes/signal_names.h"
#include "harness/run.h"
#include "net/text.h"

namespace badgate::harness::processes {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kLastLines = 5;
constexpr std::chrono::milliseconds kReadyEvery = 5ms;  // how often it is looked
constexpr std::size_t kMaxLine = 500;
// Of real time. Stopped at two looks in a row is not on its way to anything else.
constexpr std::chrono::milliseconds kLookEvery = 1s;

}  // namespace

void Supervisor::wrote(std::string_view line) {
  last_lines_.emplace_back(line.substr(0, kMaxLine));
  if (last_lines_.size() > kLastLines) last_lines_.erase(last_lines_.begin());
}

std::string Supervisor::last_lines() const {
  return last_lines_.empty() ? std::string()
                             : "; its last lines:\n  " + net::join(last_lines_, "\n  ");
}

std::string Supervisor::condition(std::uint64_t waiting) const {
  const auto stopped = program_.stopped_process();
  return fmt::format(
      "{}{} connection{} that {} has not accepted{}",
      stopped ? fmt::format("its process {} is stopped, as by SIGSTOP; ", *stopped) : std::string(),
      waiting, waiting == 1 ? "" : "s", name_, last_lines());
}

const std::string& Supervisor::look() {
  std::vector<Notice> notices;
  const bool guarded = program_.take_notices(notices);
  for (const Notice& notice : notices) {
    if (notice.kind == Notice::Kind::cannot_execute)
      end_ = fmt::format("cannot be executed: {}", std::strerror(notice.value));
    if (notice.kind == Notice::Kind::ended && end_.empty()) {
      end_ = how_it_ended(notice.value);
      exited_ = WIFEXITED(notice.value);
    }
  }
  if (!guarded && end_.empty()) end_ = "ended together with the process that guards it";
  return end_;
}

net::Result<void> Supervisor::wait_until(const std::function<bool()>& ready,
                                         std::string_view does_not, LineReader& errors,
                                         int interrupt_fd, std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const bool writes = errors.drain();
    if (ready()) return {};
    if (!look().empty()) {
      errors.drain();
      return ended_early();
    }
    if (std::chrono::steady_clock::now() > until) {
      const auto stopped = program_.stopped_process();
      return net::fail(
          fmt::format("{} {} after {}{}{}", name_, does_not, net::format_duration(patience),
                      stopped ? fmt::format(": its process {} is stopped", *stopped) : "",
                      last_lines()),
          ETIMEDOUT);
    }
    pollfd fds[3] = {{writes ? program_.error_fd() : -1, POLLIN, 0},
                     {program_.notice_fd(), POLLIN, 0},
                     {interrupt_fd, POLLIN, 0}};
    ::poll(fds, 3, static_cast<int>(kReadyEvery.count()));
    if (fds[2].revents != 0) return net::fail(std::string(kInterrupted), ECANCELED);
  }
}

tl::unexpected<net::Error> Supervisor::ended_early() const {
  return net::fail(fmt::format("{} does not start: {}{}", name_, end_, last_lines()),
                   exited_ ? 0 : ECHILD);
}

void Supervisor::watch(net::Loop& loop, double time_scale, std::function<void()> before,
                       OnFailure on_failure) {
  loop_ = &loop;
  time_scale_ = time_scale;
  before_ = std::move(before);
  on_failure_ = std::move(on_failure);
  notices_ =
      loop.watch(program_.notice_fd(), {.read = true}, [this](net::Ready) { look_for_end(); });
  // On the virtual clock the loop itself notices that somebody does not go on.
  if (!loop.clock().is_virtual()) look_again();
}

void Supervisor::look_for_end() {
  if (look().empty()) return;
  const auto after = std::chrono::round<std::chrono::milliseconds>(loop_->now().time_since_epoch());
  fail(fmt::format("{} after {}", end_, net::format_duration(after)));
}

void Supervisor::look_again() {
  const auto delay = std::chrono::duration_cast<net::Duration>(kLookEvery * time_scale_);
  next_look_ = loop_->after(delay, [this] { look_for_stopped(); });
}

void Supervisor::look_for_stopped() {
  const auto stopped = program_.stopped_process();
  if (stopped && std::exchange(was_stopped_, true)) {
    fail(fmt::format("does not go on: its process {} is stopped, as by SIGSTOP", *stopped));
    return;
  }
  was_stopped_ = stopped.has_value();
  look_again();
}

void Supervisor::fail(const std::string& what) {
  notices_->set({});
  next_look_.cancel();
  before_();
  on_failure_(fmt::format("{} {}{}", name_, what, last_lines()));
}

}  // namespace badgate::harness::processes
