// DatagramSocket: one UDP socket, connected or bound, with its watch. It owns both.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "net/address.h"
#include "net/connection.h"
#include "net/loop.h"
#include "net/unique_fd.h"

namespace badgate::net {

class DatagramSocket {
 public:
  // Sends to `peer` alone and hears nobody else. The Error has the errno, and the name of the
  // system call as its message.
  static Result<std::unique_ptr<DatagramSocket>> connect(Loop& loop, const Address& peer);
  // Hears everybody. The address may have port 0: `local` tells which one it got.
  static Result<std::unique_ptr<DatagramSocket>> bind(Loop& loop, const Address& address);

  Address local() const;

  // Calls back while there is something to receive: a datagram, or an error such as "refused".
  void on_readable(Loop::Callback callback);

  // Hears nobody from now on but keeps its port: who sends to it is refused by the kernel.
  void refuse();

  // One datagram; what does not fit into `into` is lost. `from`: the sender, if asked for. An empty
  // datagram is `done` with 0 bytes.
  Transfer receive(std::span<char> into, Address* from = nullptr);
  Transfer send(std::string_view bytes);
  Transfer send_to(std::string_view bytes, const Address& to);

 private:
  DatagramSocket(Loop& loop, UniqueFd fd) : loop_(loop), fd_(std::move(fd)) {}

  Loop& loop_;
  UniqueFd fd_;
  std::unique_ptr<Watch> watch_;
};

}  // namespace badgate::net
