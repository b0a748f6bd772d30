// Child: a process of the lab's that plays a scenario: whatever a scenario file does to it, the
// server goes on. It talks to its parent through one channel, and ends with it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "net/result.h"
#include "net/unique_fd.h"

namespace badgate::harness::lab {

class Child {
 public:
  // In the child: `channel` is its end of a stream to the parent; `interrupt_fd` becomes readable
  // when it should give up. The process ends when it returns.
  using Work = std::function<void(int channel, int interrupt_fd)>;

  struct Limits {
    std::size_t memory = std::size_t{2} << 30;  // bytes of address space
    unsigned cpu_seconds = 60;
    std::size_t file = std::size_t{64} << 20;  // bytes of each file
  };

  static net::Result<Child> start(const Work& work, const Limits& limits);

  Child(Child&&) noexcept = default;
  Child& operator=(Child&&) noexcept = delete;
  // Kills it if it has not been reaped.
  ~Child();

  int channel() const { return channel_.get(); }  // nonblocking
  int ended_fd() const { return pidfd_.get(); }   // becomes readable when it has ended
  // Asks it to give up, and take away what it has put up.
  void interrupt() const;
  void kill() const;
  // After ended_fd() has become readable: empty if it ended well, or how it died.
  std::string reap();
  // Waits for its end, so long at most, then kills it. Whether it ended of itself.
  bool end_within(std::chrono::milliseconds time);

 private:
  Child() = default;

  net::UniqueFd channel_;
  net::UniqueFd pidfd_;
  bool reaped_ = false;
};

// In the child: the whole of it, however long that takes. False: the parent is gone.
bool write_all(int fd, std::string_view data);

}  // namespace badgate::harness::lab
