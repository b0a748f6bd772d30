// Presence: whether and how a backend is to be found at its address: listening, gone, or there in
// one of the wrong ways (a stale socket file, the wrong port …). It owns the listener, the address
// itself, so that nobody else gets it while the backend is gone, and the socket's file.
#pragma once

#include <memory>

#include "fault_backends/fault.h"
#include "net/address.h"
#include "net/listener.h"
#include "net/result.h"
#include "net/unique_fd.h"

namespace badgate::fault_backends {

class Presence {
 public:
  // Takes the address (port 0: any) without listening: a connect is refused.
  static net::Result<std::unique_ptr<Presence>> reserve(net::Loop& loop,
                                                        const net::Address& wanted);
  ~Presence();
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

  const net::Address& address() const { return address_; }
  net::Listener* listener() { return listener_.get(); }  // nullptr: nobody listens

  net::Result<void> listen(net::Listener::Options options, net::Listener::OnAccept on_accept);
  // The process is gone; a unix socket's file stays, as it does when a process is killed.
  void vanish();
  void remove_file();  // as a process does that ends in good order

  // Puts an action of Point::Kind::listen in place of listening. Returns what a connect meets, in
  // words. The Error says why it is impossible: a TCP port has no file.
  net::Result<std::string> arrange(Action::Kind how, net::Listener::Options options,
                                   net::Listener::OnAccept on_accept);

 private:
  Presence(net::Loop& loop, net::Address address) : loop_(loop), address_(std::move(address)) {}
  net::Result<std::string> listen_elsewhere(net::Listener::Options options,
                                            net::Listener::OnAccept on_accept);
  net::Result<std::string> leave_file(Action::Kind how);

  net::Loop& loop_;
  net::Address address_;
  net::UniqueFd reserved_;
  std::unique_ptr<net::Listener> listener_;
};

}  // namespace badgate::fault_backends
