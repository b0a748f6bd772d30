// ErrorLog: composes nginx's error-log lines and drops those below the level.
//
//   2026/01/01 00:00:00 [error] 10#10: *1 connect() failed (111: Connection refused) while
//   connecting to upstream, client: 127.0.0.1, server: a, request: "GET / HTTP/1.1", upstream:
//   "http://127.0.0.1:81/", host: "a"
//
// After ngx_log_error_core, ngx_http_log_error and ngx_http_log_error_handler: nothing is escaped,
// and a line is cut at 2047 bytes. Dates are UTC, so that lines do not depend on the machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/result.h"
#include "net/time.h"
#include "proxy/logs.h"

namespace badgate::proxy {

// What nginx's log handler adds after the message: who was being served, and what was being done.
// The views must be good while the line is written.
struct LogContext {
  std::uint64_t connection = 0;  // "*N"; 0: left out
  std::string_view action;       // "connecting to upstream"; empty: no "while …"
  std::string_view client;       // Address::host(); empty: the line ends with the message
  // With a request: server_name, which may be empty. Before there is one: the listening address,
  // as "127.0.0.1:80".
  std::string_view server;
  std::string_view request;                  // the request line; empty: left out
  std::string_view upstream;                 // from upstream_name(); empty: left out
  std::optional<std::string_view> host;      // the Host header as sent
  std::optional<std::string_view> referrer;  // the Referer header
};

class ErrorLog {
 public:
  // `sink` must outlive it. `level`: the least severe that is written (error_log_level).
  ErrorLog(LogSink& sink, Level level, int pid, int tid);

  // `error`: an errno to be named after the message; 0: none.
  void write(net::WallTime now, Level level, std::string_view message, int error,
             const LogContext& context);
  void write(net::WallTime now, Level level, std::string_view message,
             const LogContext& context = {}) {
    write(now, level, message, 0, context);
  }

  bool wants(Level level) const { return level <= level_; }
  void set_level(Level level) { level_ = level; }

 private:
  LogSink& sink_;
  Level level_;
  int pid_;
  int tid_;
};

// The whole line without its line feed.
std::string compose_error_line(net::WallTime now, Level level, int pid, int tid,
                               std::string_view message, int error, const LogContext& context);

// `http://127.0.0.1:81/uri`, `http://unix:/path:/uri`; with the group's name when no server was
// left: `http://app/uri`. `scheme`: "http://" or "https://"; `uri` is what is sent to the server.
// Without `address_known` the colon behind a unix path is missing.
std::string upstream_name(std::string_view scheme, std::string_view peer, std::string_view uri,
                          bool address_known = true);

// How a connection's error is logged (ngx_connection_error): as `usual` if it is 0 or what peers
// and networks commonly do, else as alert.
Level connection_error_level(int error, Level usual);

std::string_view to_string(Level level);                // "error"
net::Result<Level> parse_level(std::string_view text);  // the words of nginx's error_log

}  // namespace badgate::proxy
