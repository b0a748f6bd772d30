// Time as badgate counts it: nanoseconds since the loop's clock began. The OS clock is read in
// clock.cc and nowhere else.
#pragma once

#include <chrono>
#include <cstdint>

namespace badgate::net {

using Duration = std::chrono::nanoseconds;

// A clock type for std::chrono only: `net::Clock` is what tells the time.
struct LoopTime {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<LoopTime>;
};

using TimePoint = LoopTime::time_point;
using WallTime = std::chrono::system_clock::time_point;

}  // namespace badgate::net
