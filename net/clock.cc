#include "net/clock.h"

#include <algorithm>

namespace badgate::net {
namespace {

class RealClock final : public Clock {
 public:
  explicit RealClock(double scale) : scale_(scale) { update(); }

  TimePoint now() const override { return now_; }
  WallTime wall() const override { return wall_; }

  void update() override {
    const auto passed = std::chrono::steady_clock::now() - start_;
    now_ = TimePoint(scale_ == 1 ? Duration(passed) : scaled(passed, scale_));
    wall_ = scale_ == 1
                ? std::chrono::system_clock::now()
                : epoch_ + std::chrono::duration_cast<WallTime::duration>(now_.time_since_epoch());
  }

  void restart() override {
    start_ = std::chrono::steady_clock::now();
    epoch_ = std::chrono::system_clock::now();
    update();
  }

  std::optional<Duration> patience(std::optional<TimePoint> due) const override {
    if (!due) return std::nullopt;
    const Duration left = std::max(*due - now_, Duration::zero());
    return scale_ == 1 ? left : scaled(left, 1 / scale_);
  }

  void skip_to(TimePoint) override {}
  bool is_virtual() const override { return false; }

 private:
  static Duration scaled(Duration d, double by) {
    return Duration(static_cast<Duration::rep>(static_cast<double>(d.count()) * by));
  }

  double scale_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  WallTime epoch_ = std::chrono::system_clock::now();
  TimePoint now_{};
  WallTime wall_{};
};

class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(WallTime epoch) : epoch_(epoch) {}

  TimePoint now() const override { return now_; }

  WallTime wall() const override {
    return epoch_ + std::chrono::duration_cast<WallTime::duration>(now_.time_since_epoch());
  }

  void update() override {}
  void restart() override { now_ = {}; }
  std::optional<Duration> patience(std::optional<TimePoint>) const override {
    return Duration::zero();
  }
  void skip_to(TimePoint due) override { now_ = std::max(now_, due); }
  bool is_virtual() const override { return true; }

 private:
  WallTime epoch_;
  TimePoint now_{};
};

}  // namespace

std::unique_ptr<Clock> make_real_clock(double scale) {
  return std::make_unique<RealClock>(scale);
}

std::unique_ptr<Clock> make_virtual_clock(WallTime epoch) {
  return std::make_unique<VirtualClock>(epoch);
}

WallTime default_epoch() {
  using namespace std::chrono;
  return sys_days(year(2026) / January / 1);
}

}  // namespace badgate::net
