// The kernel's own list of sockets that listen here (sock_diag(7)), as `ss -lnt` and `ss -lnx` show
// it: how many connections wait to be accepted, and how many may.
#pragma once

#include <cstdint>
#include <optional>

#include "net/address.h"
#include "net/result.h"

namespace badgate::net {

struct ListenQueue {
  std::uint32_t waiting = 0;  // Recv-Q: connections that nobody has accepted yet
  std::uint32_t limit = 0;    // Send-Q: the backlog; TCP takes one more, unix sockets too
  std::uint64_t inode = 0;    // "socket:[INODE]" in /proc/PID/fd

  bool full() const { return waiting > limit; }
};

// Of the socket that listens at the address, or at its port on every address. Nothing: none does.
// Of several (SO_REUSEPORT) the one with the most waiting. The Error: the kernel does not tell.
Result<std::optional<ListenQueue>> listen_queue(const Address& address);

// Whether the address is one of this machine's (unix sockets always).
bool is_local(const Address& address);

}  // namespace badgate::net
