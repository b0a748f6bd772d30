#include "net/loop.h"

#include <event2/event.h>
#include <event2/event_struct.h>

#include <algorithm>
#include <stdexcept>

namespace badgate::net {
namespace {

// A virtual run that polls this often without time moving has a watch that nobody serves.
constexpr std::size_t kMaxTurnsWithoutTime = 1'000'000;

timeval to_timeval(Duration d) {
  // Rounded up: waking a fraction early would only poll again.
  const auto us = std::chrono::ceil<std::chrono::microseconds>(d).count();
  return {static_cast<time_t>(us / 1'000'000), static_cast<suseconds_t>(us % 1'000'000)};
}

event_base* make_base() {
  // epoll only: `closed` needs EPOLLRDHUP, and one method makes one order of events.
  std::unique_ptr<event_config, decltype(&event_config_free)> config(event_config_new(),
                                                                     &event_config_free);
  if (!config) throw std::runtime_error("libevent: out of memory");
  event_config_require_features(config.get(), EV_FEATURE_EARLY_CLOSE | EV_FEATURE_ET);
  event_config_set_flag(config.get(), EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
  event_base* base = event_base_new_with_config(config.get());
  if (base == nullptr) throw std::runtime_error("libevent: no epoll on this system");
  return base;
}

}  // namespace

// ---- Timer

Timer::Timer(Timer&& other) noexcept
    : loop_(std::exchange(other.loop_, nullptr)), key_(other.key_) {}

Timer& Timer::operator=(Timer&& other) noexcept {
  if (this != &other) {
    cancel();
    loop_ = std::exchange(other.loop_, nullptr);
    key_ = other.key_;
  }
  return *this;
}

void Timer::cancel() {
  if (loop_ != nullptr) std::exchange(loop_, nullptr)->timers_.erase(key_);
}

bool Timer::armed() const {
  return loop_ != nullptr && loop_->timers_.contains(key_);
}

// ---- Watch

struct Watch::Poller {
  event ev{};

  static short flags(Ready interest) {
    int f = EV_PERSIST;
    if (interest.read) f |= EV_READ | EV_CLOSED;
    if (interest.write) f |= EV_WRITE;
    // A reset raises EPOLLERR, which libevent reports as "readable": ask for that too.
    if (interest.closed) f |= EV_CLOSED | EV_READ | EV_ET;
    return static_cast<short>(f);
  }

  static void on_event(evutil_socket_t, short what, void* self) {
    auto& watch = *static_cast<Watch*>(self);
    Ready ready;
    ready.read = (what & EV_READ) != 0 && (watch.interest_.read || watch.interest_.closed);
    ready.write = (what & EV_WRITE) != 0 && watch.interest_.write;
    ready.closed = (what & EV_CLOSED) != 0;
    watch.loop_.enqueue(watch, ready);
  }
};

Watch::Watch(Loop& loop, int fd, std::uint64_t number)
    : loop_(loop), number_(number), poller_(std::make_unique<Poller>()) {
  event_assign(&poller_->ev, loop.base_.get(), fd, EV_PERSIST, &Poller::on_event, this);
}

Watch::~Watch() {
  if (queued_) loop_.ready_[slot_] = nullptr;
  event_del(&poller_->ev);
}

void Watch::set(Ready interest) {
  if (interest == interest_) return;
  const int fd = event_get_fd(&poller_->ev);
  event_del(&poller_->ev);
  interest_ = interest;
  ready_.read = ready_.read && (interest.read || interest.closed);
  ready_.closed = ready_.closed && (interest.read || interest.closed);
  ready_.write = ready_.write && interest.write;
  if (interest == Ready{}) return;
  event_assign(&poller_->ev, loop_.base_.get(), fd, Poller::flags(interest), &Poller::on_event,
               this);
  event_add(&poller_->ev, nullptr);
}

void Watch::announce(Ready ready) {
  Loop& loop = loop_;
  loop.enqueue(*this, ready);
  loop.call_ready();
}

// ---- Loop

void Loop::FreeBase::operator()(event_base* base) const {
  event_base_free(base);
}
void Loop::FreeEvent::operator()(event* ev) const {
  event_free(ev);
}

// libevent wants a callback for its timer; that the poll came back is all we need of it.
Loop::Loop(Clock& clock)
    : clock_(clock),
      base_(make_base()),
      alarm_(event_new(
          base_.get(), -1, 0, [](evutil_socket_t, short, void*) {}, nullptr)) {}

Loop::~Loop() = default;

Timer Loop::at(TimePoint due, Callback callback) {
  const Timer::Key key{std::max(due, now()), ++timers_made_};
  timers_.emplace(key, std::move(callback));
  return Timer(*this, key);
}

Timer Loop::after(Duration delay, Callback callback) {
  return at(now() + delay, std::move(callback));
}

std::unique_ptr<Watch> Loop::watch(int fd, Ready interest, Watch::Callback callback) {
  std::unique_ptr<Watch> watch(new Watch(*this, fd, ++watches_made_));
  watch->callback_ = std::move(callback);
  watch->set(interest);
  return watch;
}

void Loop::join(Companions& companions) {
  companions_ = &companions;
  their_turn_ = true;
}

void Loop::part() {
  companions_ = nullptr;
}

Loop::End Loop::run() {
  stopped_ = false;
  std::size_t turns = 0;
  while (!stopped_) {
    const std::size_t called = poll(clock_.patience(next_due()));
    if (stopped_) break;
    if (clock_.is_virtual()) {
      if (++turns > kMaxTurnsWithoutTime) return End::unsettled;
      if (called > 0) {
        their_turn_ = true;
        continue;  // settle first: a callback may have set an earlier timer
      }
      if (companions_ != nullptr && std::exchange(their_turn_, false)) {
        if (!companions_->take_turn()) return End::restless;
        continue;
      }
      const auto due = next_due();
      if (!due) return End::idle;
      if (*due > now()) turns = 0;
      move_to(*due);
    }
    run_due_timer();
  }
  return End::stopped;
}

void Loop::move_to(TimePoint due) {
  their_turn_ = true;
  clock_.skip_to(due);
  if (companions_ != nullptr) companions_->move_to(due);
}

std::optional<TimePoint> Loop::next_due() const {
  std::optional<TimePoint> due;
  if (!timers_.empty()) due = timers_.begin()->first.first;
  const auto theirs = companions_ != nullptr ? companions_->next_due() : std::nullopt;
  return due && theirs ? std::min(due, theirs) : due ? due : theirs;
}

std::size_t Loop::poll(std::optional<Duration> patience) {
  if (patience == Duration::zero()) {
    event_base_loop(base_.get(), EVLOOP_ONCE | EVLOOP_NONBLOCK);
  } else {
    if (patience) {
      const timeval limit = to_timeval(*patience);
      event_add(alarm_.get(), &limit);
    }
    event_base_loop(base_.get(), EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY);
    event_del(alarm_.get());
  }
  clock_.update();
  return call_ready();
}

// Watches are called in the order of their making, not in the order in which the kernel noticed
// them, so that a run does not depend on the kernel's.
std::size_t Loop::call_ready() {
  std::sort(ready_.begin(), ready_.end(),
            [](const Watch* a, const Watch* b) { return a->number_ < b->number_; });
  for (std::size_t i = 0; i < ready_.size(); ++i)
    ready_[i]->slot_ = i;
  std::size_t called = 0;
  for (std::size_t i = 0; i < ready_.size() && !stopped_; ++i) {
    Watch* watch = ready_[i];
    if (watch == nullptr) continue;  // destroyed by a callback before it
    const Ready ready = std::exchange(watch->ready_, Ready{});
    if (ready == Ready{}) continue;  // no longer asked for
    ++called;
    // Taken out while it runs, since it may replace itself or destroy the watch.
    auto callback = std::exchange(watch->callback_, nullptr);
    callback(ready);
    if (ready_[i] != nullptr && !watch->callback_) watch->callback_ = std::move(callback);
  }
  for (Watch* watch : ready_) {
    if (watch != nullptr) watch->queued_ = false;
  }
  ready_.clear();
  return called;
}

void Loop::run_due_timer() {
  if (timers_.empty() || timers_.begin()->first.first > now()) return;
  auto entry = timers_.extract(timers_.begin());
  entry.mapped()();
}

void Loop::enqueue(Watch& watch, Ready ready) {
  watch.ready_.read |= ready.read;
  watch.ready_.write |= ready.write;
  watch.ready_.closed |= ready.closed;
  if (watch.queued_) return;
  watch.queued_ = true;
  watch.slot_ = ready_.size();
  ready_.push_back(&watch);
}

}  // namespace badgate::net
