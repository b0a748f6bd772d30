#include "harness/lab/jobs.h"

#include <fmt/core.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "net/text.h"

namespace badgate::harness::lab {
namespace {

// How long one that is asked to give up may take.
constexpr auto kFarewell = std::chrono::milliseconds(500);

}  // namespace

struct Jobs::Running {
  Running(std::uint64_t number, Child process, Done callback)
      : id(number), child(std::move(process)), done(std::move(callback)) {}

  std::uint64_t id;
  Child child;
  Done done;
  std::string result;
  std::string why_killed;
  int code = 0;
  std::unique_ptr<Event> readable;
  std::unique_ptr<Event> end;
  std::unique_ptr<Event> limit;
};

Jobs::Jobs(Events& events, Settings settings) : events_(events), settings_(settings) {}

Jobs::~Jobs() {
  for (const auto& job : running_)
    job->child.interrupt();
  std::chrono::milliseconds patience = kFarewell;  // with all of them together
  for (const auto& job : running_) {
    if (!job->child.end_within(patience)) patience = std::chrono::milliseconds(0);
  }
}

std::uint64_t Jobs::submit(std::string client, Work work, Done done) {
  const auto id = ++submitted_;
  if (queue_.size() >= settings_.queued) {
    done(net::fail("the lab is busy; try again in a moment", EBUSY));
    return id;
  }
  queue_.push_back({id, std::move(client), std::move(work), std::move(done)});
  fill();
  return id;
}

void Jobs::cancel(std::uint64_t id) {
  constexpr auto kWhy = "nobody waits for it any more";
  if (const auto at = std::ranges::find(queue_, id, &Waiting::id); at != queue_.end()) {
    const auto done = std::move(at->done);
    queue_.erase(at);
    done(net::fail(kWhy, ECANCELED));
    return;
  }
  const auto at = std::ranges::find(running_, id, [](const auto& job) { return job->id; });
  if (at != running_.end()) give_up(**at, kWhy, ECANCELED);
}

// The next client's; what else it waits for then stands behind what all others wait for.
Jobs::Waiting Jobs::take_next() {
  const auto other = [this](const Waiting& job) { return job.client != last_client_; };
  const auto found = std::ranges::find_if(queue_, other);
  const auto at = found == queue_.end() ? queue_.begin() : found;
  auto next = std::move(*at);
  queue_.erase(at);
  last_client_ = next.client;
  std::ranges::stable_partition(queue_, other);
  return next;
}

void Jobs::fill() {
  while (!queue_.empty() && running_.size() < std::max(1U, settings_.at_once))
    begin(take_next());
}

void Jobs::begin(Waiting waiting) {
  auto child = Child::start(
      [&waiting](int channel, int interrupt_fd) { write_all(channel, waiting.work(interrupt_fd)); },
      settings_.limits);
  if (!child) {
    waiting.done(tl::unexpected(child.error()));
    return;
  }
  auto& job = *running_.emplace_back(
      std::make_unique<Running>(waiting.id, std::move(*child), std::move(waiting.done)));
  job.readable = events_.on_readable(job.child.channel(), [this, &job] { read(job); });
  job.end = events_.on_readable(job.child.ended_fd(), [this, &job] { ended(job); });
  job.limit = events_.after(settings_.limit, [this, &job] {
    give_up(
        job,
        fmt::format("it did not end within {} of real time", net::format_duration(settings_.limit)),
        ETIMEDOUT);
  });
}

void Jobs::give_up(Running& job, std::string why, int code) {
  if (!job.why_killed.empty()) return;
  job.why_killed = std::move(why);
  job.code = code;
  job.child.interrupt();
  job.limit = events_.after(kFarewell, [&job] { job.child.kill(); });
}

void Jobs::read(Running& job) {
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t n = ::recv(job.child.channel(), buffer.data(), buffer.size(), 0);
    if (n <= 0) {
      if (n == 0) job.readable.reset();
      return;
    }
    if (job.result.size() + static_cast<std::size_t>(n) > settings_.result) {
      job.child.kill();
      job.why_killed = "what came of it is too long to be shown";
      job.readable.reset();
      return;
    }
    job.result.append(buffer.data(), static_cast<std::size_t>(n));
  }
}

void Jobs::ended(Running& job) {
  if (job.why_killed.empty()) read(job);
  const auto how = job.child.reap();
  if (!job.why_killed.empty()) {
    finish(job, net::fail(job.why_killed, job.code));
  } else if (!how.empty()) {
    finish(job, net::fail("the process that played it " + how));
  } else {
    finish(job, std::move(job.result));
  }
}

void Jobs::finish(Running& job, net::Result<std::string> result) {
  const auto at = std::ranges::find(running_, &job, &std::unique_ptr<Running>::get);
  const auto finished = std::move(*at);
  running_.erase(at);
  fill();
  finished->done(std::move(result));
}

}  // namespace badgate::harness::lab
