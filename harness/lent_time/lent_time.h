// LentTime: lends a virtual clock to another program. The program is started with a library of
// badgate's (preload.cc) in front of libc, and lives on the loop's time: its timeouts cost nothing,
// and no machine is too slow for them. It owns the shared page and the descriptors of both sides.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/lent_time/page.h"
#include "net/companions.h"
#include "net/loop.h"
#include "net/result.h"
#include "net/unique_fd.h"

namespace badgate::harness::lent_time {

// The path of the library; empty: it is not where it was installed, or its path cannot be given.
std::string library();
// The Error, which begins with the proxy's name, says what is missing.
net::Result<void> can_be_lent(std::string_view proxy);

class LentTime final : public net::Companions {
 public:
  // The time is the loop's, which must be virtual and outlive this, from the first moment on.
  // `patience`: how long, in real time, a turn of the program may take.
  static net::Result<std::unique_ptr<LentTime>> lend(
      net::Loop& loop, std::chrono::milliseconds patience = std::chrono::seconds(10));
  ~LentTime() override;
  LentTime(const LentTime&) = delete;
  LentTime& operator=(const LentTime&) = delete;

  // What the program is to be started with: descriptors, the first of which will have the number
  // `first` there, and variables.
  std::vector<int> descriptors() const;
  static std::vector<std::string> environment(int first);

  // Time does not move before this process has waited once. Its number may be told late.
  void expect(pid_t process);
  // Whether a process of the program has got so far that it waits for its first turn.
  bool somebody_waits() const;
  // Time does not move until `go_on`: for what happens in real time, such as a signal on its way.
  void hold() { held_since_ = std::chrono::steady_clock::now(); }
  void go_on() { held_since_.reset(); }

  bool take_turn() override;
  std::optional<net::TimePoint> next_due() const override;
  void move_to(net::TimePoint now) override;

 private:
  struct Unmap {
    void operator()(Page* page) const;
  };
  LentTime(net::Loop& loop, std::chrono::milliseconds patience)
      : loop_(loop), patience_(patience) {}
  using Waits = std::array<std::uint32_t, kSlots>;  // Slot::waits of all

  bool held_too_long() const;
  void give_turn();
  void wait_for_done() const;
  Waits waits() const;
  bool somebody_may_have_heard(const Waits& before) const;
  bool all_done();
  bool is_done(const Slot& slot) const;
  void forget_the_dead();
  bool expected_are_here();
  void wake(std::size_t slot) const;

  net::Loop& loop_;
  std::chrono::milliseconds patience_;
  net::UniqueFd file_;
  std::unique_ptr<Page, Unmap> page_;
  net::UniqueFd done_;  // an eventfd: somebody is done
  std::array<net::UniqueFd, kSlots> wakes_;
  std::vector<pid_t> expected_;
  std::optional<std::chrono::steady_clock::time_point> held_since_;
  bool joined_ = false;
};

}  // namespace badgate::harness::lent_time
