// Silence: notices that nothing happens any more in a run with another program as the proxy, long
// before the run's limit. How long a silence may be is asked only when there is one: nothing else
// knows how long a scenario makes everybody wait.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/outcome.h"
#include "net/loop.h"

namespace badgate::harness {

// The longest time between two facts of it, and between the last one and its end.
net::Duration longest_silence(const Outcome& outcome);

class Silence {
 public:
  // How long everybody is silent where the proxy works; nullopt: that is not known.
  using Usual = std::function<std::optional<net::Duration>()>;
  // `timeline` and `loop` must outlive it. `time_scale`: the loop's clock against real time.
  // `on_silence` is called once, with "for 5m nothing has happened …".
  Silence(net::Loop& loop, const std::vector<Fact>& timeline, double time_scale, Usual usual,
          std::function<void(std::string)> on_silence);

 private:
  void look_later();
  void look();

  net::Loop& loop_;
  const std::vector<Fact>& timeline_;
  net::Duration real_second_;  // on the loop's clock
  Usual usual_;
  std::function<void(std::string)> on_silence_;
  std::optional<net::Duration> usually_;  // once it was asked
  std::size_t facts_ = 0;
  net::TimePoint since_;
  net::Timer next_;
};

}  // namespace badgate::harness
