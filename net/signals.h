// Signals: turns SIGINT, SIGTERM and SIGHUP into a readable descriptor, so that a stop is handled
// between two callbacks like everything else, and nothing is left behind.
#pragma once

#include <csignal>
#include <initializer_list>
#include <optional>

#include "net/unique_fd.h"

namespace badgate::net {

class Signals {
 public:
  // Blocks these signals for the process while this object lives, and collects them instead.
  explicit Signals(std::initializer_list<int> numbers);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Readable when a signal waits to be taken.
  int fd() const { return fd_.get(); }
  // The next signal that has come, if any. Does not block.
  std::optional<int> take();

 private:
  sigset_t before_{};
  UniqueFd fd_;
};

}  // namespace badgate::net
