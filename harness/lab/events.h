// Events: the event_base that the lab's HTTP server lives on, with watches and timers that end with
// their owners. The lab is a server in real time; what it plays has loops of its own (net/loop.h)
// in processes of its own.
#pragma once

#include <event2/event.h>

#include <functional>
#include <memory>

#include "net/time.h"

namespace badgate::harness::lab {

// Calls back until it is destroyed, which may happen in the callback.
class Event {
 public:
  Event(event_base* base, int fd, short what, std::function<void()> callback);
  ~Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

 private:
  friend class Events;
  struct Free {
    void operator()(event* e) const { event_free(e); }
  };
  std::shared_ptr<std::function<void()>> callback_;
  std::unique_ptr<event, Free> event_;
};

class Events {
 public:
  Events();
  ~Events() = default;
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  event_base* base() const { return base_.get(); }

  // `callback` runs whenever `fd` is readable.
  std::unique_ptr<Event> on_readable(int fd, std::function<void()> callback);
  std::unique_ptr<Event> on_writable(int fd, std::function<void()> callback);
  // Once, after so much real time.
  std::unique_ptr<Event> after(net::Duration delay, std::function<void()> callback);
  // Again and again.
  std::unique_ptr<Event> every(net::Duration period, std::function<void()> callback);

  // Returns after stop().
  void run();
  void stop();

 private:
  struct Free {
    void operator()(event_base* base) const { event_base_free(base); }
  };
  std::unique_ptr<event_base, Free> base_;
};

}  // namespace badgate::harness::lab
