// Companions: programs that live on a loop's virtual clock. They and the loop take turns, so that a
// run repeats exactly, and time moves only when nobody has anything to do.
#pragma once

#include <optional>

#include "net/time.h"

namespace badgate::net {

class Companions {
 public:
  virtual ~Companions() = default;

  // Lets them work until all of them wait again. False: one still did not after ten seconds of real
  // time.
  virtual bool take_turn() = 0;

  // When the first of them wants to go on; nullopt: none waits for a time.
  virtual std::optional<TimePoint> next_due() const = 0;
  // It is `now` for them, from their next turn on.
  virtual void move_to(TimePoint now) = 0;
};

}  // namespace badgate::net
