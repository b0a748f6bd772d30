// Loop: the one place where badgate waits. It owns the poller (libevent, readiness only) and the
// timers, and borrows the Clock, which must outlive it. Timers and watches must not outlive it.
//
// A turn: poll the sockets and call whoever is ready, in the order in which the watches were made;
// once nothing is ready any more, move to the next timer, call it, and begin again. Timers that
// are due at the same moment run in the order in which they were set. Both rules together make a
// virtual run repeat exactly.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "net/clock.h"
#include "net/companions.h"
#include "net/time.h"

struct event;
struct event_base;

namespace badgate::net {

class Address;
class Loop;

// A pending call. Destroying or overwriting it cancels the call.
class Timer {
 public:
  Timer() = default;
  Timer(Timer&& other) noexcept;
  Timer& operator=(Timer&& other) noexcept;
  ~Timer() { cancel(); }

  void cancel();
  bool armed() const;
  // When it will be called; meaningful only while armed.
  TimePoint due() const { return key_.first; }

 private:
  friend class Loop;
  using Key = std::pair<TimePoint, std::uint64_t>;
  Timer(Loop& loop, Key key) : loop_(&loop), key_(key) {}

  Loop* loop_ = nullptr;
  Key key_{};
};

// What a watch asks for, and what its callback is told.
struct Ready {
  bool read = false;
  bool write = false;
  // The peer has closed or reset, even if unread data is in front of it (EPOLLRDHUP). Told with
  // `read`, too. Asking for it makes the whole watch edge-triggered: one call for each change.
  bool closed = false;

  bool operator==(const Ready&) const = default;
};

// Readiness of one descriptor, which stays its owner's. Level-triggered, but for `closed`.
class Watch {
 public:
  using Callback = std::function<void(Ready)>;

  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  void set(Ready interest);
  Ready interest() const { return interest_; }
  void on_ready(Callback callback) { callback_ = std::move(callback); }
  // Calls back now, as if the socket were ready. Only from a timer: never inside a callback of a
  // watch.
  void announce(Ready ready);

 private:
  friend class Loop;
  struct Poller;
  Watch(Loop& loop, int fd, std::uint64_t number);

  Loop& loop_;
  std::uint64_t number_;
  Ready interest_;
  Ready ready_;
  std::size_t slot_ = 0;  // where the loop holds it while it is ready
  bool queued_ = false;
  Callback callback_;
  std::unique_ptr<Poller> poller_;
};

class Loop {
 public:
  using Callback = std::function<void()>;

  // Why `run` came back.
  enum class End {
    stopped,    // `stop` was called
    idle,       // virtual clock: no socket is ready and no timer is set, so nothing can happen
    unsettled,  // virtual clock: sockets stayed ready for a million turns without time moving
    restless,   // virtual clock: the turn of the companions did not end
  };

  explicit Loop(Clock& clock);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  TimePoint now() const { return clock_.now(); }
  WallTime wall() const { return clock_.wall(); }
  const Clock& clock() const { return clock_; }

  [[nodiscard]] Timer at(TimePoint due, Callback callback);
  [[nodiscard]] Timer after(Duration delay, Callback callback);
  // Calls once this turn's callbacks have returned, before time moves. For "not from inside here".
  [[nodiscard]] Timer soon(Callback callback) { return at(now(), std::move(callback)); }

  [[nodiscard]] std::unique_ptr<Watch> watch(int fd, Ready interest, Watch::Callback callback);

  // From now on the sockets' callbacks and `companions` take turns, on a virtual clock. They are
  // borrowed until `part`.
  void join(Companions& companions);
  void part();

  // From now on sockets of this loop connect to these alone (net/connection.h, net/datagram.h);
  // nothing: to any, as at first.
  using Reach = std::function<bool(const Address&)>;
  void reach_only(Reach reach) { reach_ = std::move(reach); }
  bool may_reach(const Address& peer) const { return !reach_ || reach_(peer); }

  End run();
  void stop() { stopped_ = true; }

 private:
  friend class Timer;
  friend class Watch;

  std::optional<TimePoint> next_due() const;
  // One poll of at most `patience`; how many callbacks it made.
  std::size_t poll(std::optional<Duration> patience);
  std::size_t call_ready();
  void move_to(TimePoint due);
  void run_due_timer();
  void enqueue(Watch& watch, Ready ready);

  struct FreeBase {
    void operator()(event_base* base) const;
  };
  struct FreeEvent {
    void operator()(event* ev) const;
  };

  Clock& clock_;
  std::unique_ptr<event_base, FreeBase> base_;
  std::unique_ptr<event, FreeEvent> alarm_;  // ends a blocking poll; real clock only
  Companions* companions_ = nullptr;
  bool their_turn_ = false;  // something has been done since they had the last one
  std::map<Timer::Key, Callback> timers_;
  std::uint64_t timers_made_ = 0;
  std::uint64_t watches_made_ = 0;
  std::vector<Watch*> ready_;
  Reach reach_;
  bool stopped_ = false;
};

}  // namespace badgate::net
