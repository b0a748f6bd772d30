// Repeats a system call that a signal has interrupted. It owns nothing.
#pragma once

#include <sys/types.h>

#include <cerrno>

namespace badgate::net {

// What `call` returns at last: -1 with errno if it failed, but never with EINTR.
template <typename Call>
ssize_t retry_interrupted(Call call) {
  ssize_t n = 0;
  do {
    n = call();
  } while (n < 0 && errno == EINTR);
  return n;
}

}  // namespace badgate::net
