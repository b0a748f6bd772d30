// Call: one request from a backend to another one that it depends on (an application asks its
// database), over a real connection.
#pragma once

#include <functional>
#include <string>

#include "net/address.h"
#include "net/connection.h"
#include "net/http1_reader.h"
#include "net/loop.h"

namespace badgate::fault_backends {

class Call {
 public:
  // What came of it, once: empty if the other answered with a status below 500 and whole, else why
  // not, in words. The Call may be destroyed inside.
  using Done = std::function<void(std::string)>;

  // Starts at once; `done` is called later, never from inside. `timeout` 0: waits for ever.
  Call(net::Loop& loop, const net::Address& callee, net::Duration timeout, Done done);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

 private:
  void ready();
  void send();
  void receive();
  void finish(std::string why_not);

  net::Loop& loop_;
  Done done_;
  std::optional<net::Connection> connection_;
  net::http1::ResponseReader reader_;
  bool sent_ = false;
  net::Timer timeout_;
  net::Timer finished_;
};

}  // namespace badgate::fault_backends
