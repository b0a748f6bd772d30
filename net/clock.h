// Clock: what time it is, and how long a loop may wait for its sockets.
//
// The real clock follows the machine's; the virtual one stands still until every socket is quiet
// and then jumps to the next timer, so that a 60-second timeout costs no time at all.
#pragma once

#include <memory>
#include <optional>

#include "net/time.h"

namespace badgate::net {

class Clock {
 public:
  virtual ~Clock() = default;

  // The time of this turn of the loop; it does not move between two calls of `update`.
  virtual TimePoint now() const = 0;

  // The date that belongs to `now`, for logs and certificates.
  virtual WallTime wall() const = 0;

  // Reads the OS clock where there is one to read. Called by the loop after each poll.
  virtual void update() = 0;

  // It is 0 again, for a run that begins only now. Timers keep the time that they are due at.
  virtual void restart() = 0;

  // How long a poll may block when the next timer is due at `due`; nullopt: for ever.
  virtual std::optional<Duration> patience(std::optional<TimePoint> due) const = 0;

  // All sockets are quiet: a virtual clock moves to `due`, a real one waits for its time to come.
  virtual void skip_to(TimePoint due) = 0;

  virtual bool is_virtual() const = 0;
};

// Monotonic time of the machine, starting at 0, and `scale` times as fast as it really is.
std::unique_ptr<Clock> make_real_clock(double scale = 1);

// Starts at 0, which is `epoch` on the calendar. The same date in every run makes logs repeat.
std::unique_ptr<Clock> make_virtual_clock(WallTime epoch);

// 2026-01-01 00:00:00 UTC: the calendar date at which virtual runs begin.
WallTime default_epoch();

}  // namespace badgate::net
