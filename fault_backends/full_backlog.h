// FullBacklog: a listener whose queue of connections to accept is full, because nobody accepts.
// It owns the connections that fill it. No privilege is needed.
//
// On TCP the kernel then drops every further SYN: to a client it is a firewall that drops, and
// it sends its SYN again after 1, 3, 7 … seconds of real time. On unix sockets a non-blocking
// connect fails at once with EAGAIN (11).
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "net/address.h"
#include "net/result.h"
#include "net/unique_fd.h"

namespace badgate::fault_backends {

class FullBacklog {
 public:
  // Shrinks the queue of `listener`, which listens at `address`, as far as the kernel allows, and
  // fills it. Connections that wait in it already stay in it. Nobody may accept while the object
  // lives (net::Listener::pause), and the descriptor must outlive it. The Error says what failed;
  // the queue is then as before, but for its length.
  static net::Result<FullBacklog> fill(int listener, const net::Address& address);

  FullBacklog(FullBacklog&&) = default;
  FullBacklog& operator=(FullBacklog&&) = default;

  // Ends it: takes its own connections out of the queue again, which has `backlog` places from now
  // on. Returns those of others that waited in it, in their order, still to be served.
  std::vector<net::UniqueFd> release(int backlog);

 private:
  FullBacklog(int listener, net::Address address)
      : listener_(listener), address_(std::move(address)) {}
  net::Result<bool> add_filler();
  bool is_filler(const net::Address& peer) const;

  struct Filler {
    net::UniqueFd fd;
    net::Address name;  // by which the other end is known when it is accepted
  };

  int listener_;
  net::Address address_;
  std::vector<Filler> fillers_;
};

}  // namespace badgate::fault_backends
