// LazyTimer: a timer as nginx keeps one for each read and write event. Setting it again to nearly
// the same moment leaves it where it is (ngx_event_add_timer, NGX_TIMER_LAZY_DELAY), so a timeout
// may come up to 300 ms early or late. It owns the pending call.
#pragma once

#include <functional>
#include <utility>

#include "net/loop.h"

namespace badgate::proxy {

class LazyTimer {
 public:
  // `on_expiry` is called each time the timer runs out. `loop` must outlive the timer.
  LazyTimer(net::Loop& loop, std::function<void()> on_expiry)
      : loop_(loop), on_expiry_(std::move(on_expiry)) {}
  LazyTimer(const LazyTimer&) = delete;
  LazyTimer& operator=(const LazyTimer&) = delete;

  void set(net::Duration delay) {
    const auto due = loop_.now() + delay;
    if (timer_.armed()) {
      const auto moved = due > timer_.due() ? due - timer_.due() : timer_.due() - due;
      if (moved < kLazyDelay) return;
    }
    timer_ = loop_.at(due, [this] { on_expiry_(); });
  }
  void cancel() { timer_.cancel(); }
  bool armed() const { return timer_.armed(); }

 private:
  static constexpr auto kLazyDelay = std::chrono::milliseconds(300);

  net::Loop& loop_;
  std::function<void()> on_expiry_;
  net::Timer timer_;
};

}  // namespace badgate::proxy
