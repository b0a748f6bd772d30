// RequestLog: the error log as one client connection uses it. It remembers who is served and what
// is being done, and adds that to each message, as nginx's connection log does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/http1_request.h"
#include "net/loop.h"
#include "proxy/error_log.h"

namespace badgate::proxy {

class RequestLog {
 public:
  // `loop` must outlive it. `client` and `listening` as addresses are logged.
  RequestLog(net::Loop& loop, std::uint64_t connection, std::string client, std::string listening)
      : loop_(loop),
        connection_(connection),
        client_(std::move(client)),
        listening_(std::move(listening)) {}

  void set_client(std::string client) { client_ = std::move(client); }

  // The log that lines go to; it must outlive its use here.
  void use(ErrorLog& log) { log_ = &log; }

  // What nginx calls c->log->action; a literal, or empty.
  void set_action(std::string_view action) { action_ = action; }

  // The request that lines speak of, until `end_request`; `head` must stay where it is.
  void begin_request(const net::http1::RequestHead& head, std::string_view server_name);
  void end_request();
  // As upstream_name() wants them; `scheme` is a literal.
  void set_upstream(std::string_view scheme, std::string_view peer, std::string_view uri);
  // The server was given back. nginx forgets its kind of address with that, so that what it still
  // says lacks the colon behind a unix socket's path (ngx_http_upstream_next).
  void forget_address() { address_known_ = false; }

  void write(Level level, std::string_view message, int error = 0);
  // Without client, server and action: nginx drops its handler for these.
  void write_bare(Level level, std::string_view message, int error = 0);

  // At connection_error_level().
  void connection_error(Level usual, int error, std::string_view message);

  std::uint64_t connection() const { return connection_; }
  const std::string& client() const { return client_; }

 private:
  net::Loop& loop_;
  ErrorLog* log_ = nullptr;
  std::uint64_t connection_;
  std::string client_;
  std::string listening_;
  std::string_view action_;
  const net::http1::RequestHead* head_ = nullptr;
  std::string server_name_;
  std::string_view scheme_;
  bool address_known_ = true;
  std::string peer_;  // empty: none
  std::string uri_;
};

}  // namespace badgate::proxy
