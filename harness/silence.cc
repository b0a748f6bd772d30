#include "harness/silence.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "net/text.h"

namespace badgate::harness {
namespace {

using namespace std::chrono_literals;

constexpr int kRealSeconds = 10;  // shorter silences may be the machine's
// Other proxies wait in other ways than badgate's own does: Traffic Server gives up connecting to a
// firewall after 15 minutes, where a timeout is one.
constexpr int kTimesAsLong = 15;
constexpr net::Duration kBeyond = 2min;
constexpr net::Duration kUnknown = 5min;

}  // namespace

net::Duration longest_silence(const Outcome& outcome) {
  net::Duration longest{};
  net::TimePoint last;
  for (const Fact& fact : outcome.timeline) {
    longest = std::max(longest, fact.at - last);
    last = fact.at;
  }
  return std::max(longest, outcome.modelled - last.time_since_epoch());
}

Silence::Silence(net::Loop& loop, const std::vector<Fact>& timeline, double time_scale, Usual usual,
                 std::function<void(std::string)> on_silence)
    : loop_(loop),
      timeline_(timeline),
      real_second_(
          std::chrono::duration_cast<net::Duration>(std::chrono::duration<double>(time_scale))),
      usual_(std::move(usual)),
      on_silence_(std::move(on_silence)),
      since_(loop.now()) {
  look_later();
}

void Silence::look_later() {
  next_ = loop_.after(real_second_, [this] { look(); });
}

void Silence::look() {
  if (std::exchange(facts_, timeline_.size()) != timeline_.size()) since_ = loop_.now();
  const net::Duration silent = loop_.now() - since_;
  if (silent < std::max(kRealSeconds * real_second_, kBeyond)) return look_later();
  if (!usually_) usually_ = usual_().value_or(kUnknown);
  if (silent < kTimesAsLong * *usually_ + kBeyond) return look_later();
  const auto rounded = [](net::Duration time) {
    return net::format_duration(std::chrono::ceil<std::chrono::seconds>(time));
  };
  on_silence_(fmt::format("for {} nothing has happened, where at most {} are usual",
                          rounded(silent), rounded(*usually_)));
}

}  // namespace badgate::harness
