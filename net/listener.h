// Listener: a listening socket that hands every connection to a callback. It owns the descriptor
// and, for a unix socket, the file, which goes with it.
#pragma once

#include <functional>
#include <memory>

#include "net/address.h"
#include "net/connection.h"
#include "net/loop.h"
#include "net/unique_fd.h"

namespace badgate::net {

class Listener {
 public:
  using OnAccept = std::function<void(Connection)>;
  // accept4 failed with this errno (out of descriptors, mostly). It is tried again after 500 ms,
  // nginx's accept_mutex_delay (ngx_event_accept): the connection still waits in the kernel's
  // queue, and would be announced again at once, for ever.
  using OnError = std::function<void(int)>;

  struct Options {
    int backlog = 511;  // as nginx on Linux
    // Connections taken before the loop's other sockets get their turn. 1, as nginx without
    // multi_accept: a further accept4 that finds nobody costs nearly as much as one that does.
    unsigned accepts_a_turn = 64;
    SocketOptions socket;
  };

  // Binds and listens. The address may have port 0: `address` tells which one it got. The Error
  // names the system call and the address.
  static Result<std::unique_ptr<Listener>> open(Loop& loop, const Address& address, Options options,
                                                OnAccept on_accept);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  const Address& address() const { return address_; }
  int fd() const { return fd_.get(); }
  void on_error(OnError on_error) { on_error_ = std::move(on_error); }
  // Asked before each accept4: an errno is taken as its failure, 0 lets it happen.
  void before_accept(std::function<int()> ask) { before_accept_ = std::move(ask); }

  // While paused, connections wait in the kernel's queue.
  void pause();
  void resume();

  // Leaves a unix socket's file behind, as a killed process does.
  void keep_file() { unlink_ = false; }

 private:
  Listener(Loop& loop, UniqueFd fd, Address address, unsigned accepts_a_turn, OnAccept on_accept);
  void accept_some();
  void accept_failed(int error);

  Loop& loop_;
  UniqueFd fd_;
  Address address_;
  unsigned accepts_a_turn_;
  OnAccept on_accept_;
  OnError on_error_;
  std::function<int()> before_accept_;
  bool unlink_ = true;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<Watch> watch_;
  Timer retry_;  // after an error
};

}  // namespace badgate::net
