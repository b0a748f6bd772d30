// Who listens where, as the kernel's own lists tell it. No connection is made for that: a program
// would count it, log it, or start a worker because of it (PHP-FPM's pm = ondemand).
#pragma once

#include <cstdint>

#include <vector>

#include "net/address.h"
#include "net/result.h"
#include "net/rng.h"
#include "net/unique_fd.h"

namespace badgate::harness::processes {

// Whether a socket listens at the address, or at its port on every address of the machine.
bool somebody_listens(const net::Address& address);

// A port of 127.0.0.1 at which nobody listens now. It is none of those that the kernel gives to
// connections, so that it is still free when a program has come up.
net::Result<std::uint16_t> free_port(net::Rng& rng);

// A port of 127.0.0.1 that nobody else gets while this lives, but who binds it with SO_REUSEADDR,
// as every proxy does: it is bound here, and nobody listens. Two badgates never have the same.
struct ReservedPort {
  std::uint16_t port = 0;
  net::UniqueFd hold;
};
net::Result<ReservedPort> reserve_port(net::Rng& rng);

// A TCP socket that listens.
struct TcpListener {
  std::uint64_t inode = 0;    // "socket:[INODE]" in /proc/PID/fd
  std::uint64_t waiting = 0;  // connections that have not been accepted
};
std::vector<TcpListener> listeners_at(const net::Address& address);
// How many connections nobody has accepted there.
std::uint64_t waiting_at(const net::Address& address);

}  // namespace badgate::harness::processes
