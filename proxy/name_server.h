// NameServer: one of a resolver's servers (ngx_resolver_connection_t): its UDP socket and, for
// responses that were truncated, its TCP connection. It owns both and opens them when they are
// needed.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/address.h"
#include "net/connection.h"
#include "net/datagram.h"
#include "net/loop.h"
#include "proxy/error_log.h"

namespace badgate::proxy {

class NameServer {
 public:
  // A whole message; `tcp`: how it came. May destroy the NameServer.
  using OnMessage = std::function<void(std::string_view message, bool tcp)>;

  // `loop` and `log` must outlive it.
  NameServer(net::Loop& loop, net::Address address, ErrorLog& log, OnMessage on_message);
  ~NameServer();
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  // False: it could not be sent, which has been logged.
  bool send_udp(std::string_view query);
  bool send_tcp(std::string_view query);

 private:
  void read_udp();
  bool open_tcp();
  void on_tcp_ready(net::Ready ready);
  void write_tcp();
  void read_tcp();
  void take_messages();
  void close_tcp();
  void log_failure(Level level, std::string_view message, int error);

  net::Loop& loop_;
  net::Address address_;
  ErrorLog& log_;
  OnMessage on_message_;
  std::string action_;  // what its log lines end with
  std::unique_ptr<net::DatagramSocket> udp_;
  std::unique_ptr<net::Connection> tcp_;
  std::string out_;  // for the TCP connection, not yet written
  std::string in_;   // from it, not yet a whole message
  net::Timer tcp_timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace badgate::proxy
