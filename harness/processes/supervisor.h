// Supervisor: keeps an eye on a program that is to live as long as the scenario: what it wrote
// last, whether it has ended by itself, and whether one of its processes was stopped (SIGSTOP).
// That a worker ends whose master goes on is the program's own affair. It borrows the Program.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/processes/line_reader.h"
#include "harness/processes/program.h"
#include "net/loop.h"
#include "net/result.h"

namespace badgate::harness::processes {

class Supervisor {
 public:
  // Until a machine is not slow but stuck.
  static constexpr std::chrono::seconds kPatience{20};

  // `name` stands at the beginning of what is said of it: "haproxy".
  Supervisor(std::string name, Program& program) : name_(std::move(name)), program_(program) {}

  // A line that the program has written: the last few are told with its end.
  void wrote(std::string_view line);
  // "; its last lines:" with the lines below; empty if it wrote nothing.
  std::string last_lines() const;

  // What is to be said of it when it does not go on.
  std::string condition(std::uint64_t waiting_connections) const;

  // "ended by SIGKILL", "exited with status 1", "cannot be executed: …": what has become of it
  // since the start; empty: it lives. For use before the loop runs.
  const std::string& look();

  // Waits in real time until `ready` says so; reads `errors` meanwhile. The Error: "haproxy
  // `does_not` after 20s", ETIMEDOUT; that it was killed or cannot be executed, ECHILD; that it
  // exited, no code; kInterrupted, ECANCELED, since `interrupt_fd` is readable.
  net::Result<void> wait_until(const std::function<bool()>& ready, std::string_view does_not,
                               LineReader& errors, int interrupt_fd,
                               std::chrono::milliseconds patience = kPatience);

  // From now on `on_failure` is told once that the program has ended or is stopped, in words that
  // begin with its name. `before` is called first: it may take what the program wrote at last.
  // `time_scale`: the loop's clock against real time.
  using OnFailure = std::function<void(std::string why)>;
  void watch(net::Loop& loop, double time_scale, std::function<void()> before,
             OnFailure on_failure);

 private:
  tl::unexpected<net::Error> ended_early() const;
  void look_for_end();
  void look_for_stopped();
  void look_again();
  void fail(const std::string& what);

  std::string name_;
  Program& program_;
  std::vector<std::string> last_lines_;
  std::string end_;      // how it ended
  bool exited_ = false;  // by itself
  bool was_stopped_ = false;
  double time_scale_ = 1;
  net::Loop* loop_ = nullptr;
  std::function<void()> before_;
  OnFailure on_failure_;
  std::unique_ptr<net::Watch> notices_;
  net::Timer next_look_;
};

}  // namespace badgate::harness::processes
