// Evidence: what one line of a log says of one request, whichever program wrote it. Plain data,
// independent of the line that it was read from. diagnosis/ names causes by it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/time.h"

namespace badgate::harness::evidence {

enum class Source { nginx_error, nginx_access, haproxy, apache_error, envoy, php_fpm };
std::string_view to_string(Source source);  // "nginx's error log"

// Wall-clock time as the line tells it, in the zone of the machine that wrote it.
using LogTime = std::chrono::sys_time<std::chrono::milliseconds>;

// One try at an upstream server, after nginx's $upstream_* variables. "-" is nullopt.
struct Try {
  std::string address;  // "127.0.0.1:9000", "unix:/run/app.sock"; the group's name if none was left
  std::optional<int> status;
  std::optional<net::Duration> connect_time;
  std::optional<net::Duration> header_time;
  std::optional<net::Duration> response_time;
  std::optional<std::uint64_t> bytes_sent;
  std::optional<std::uint64_t> bytes_received;
};

struct Evidence {
  Source source = Source::nginx_error;
  std::optional<LogTime> time;
  std::string level;    // "error", "crit"; empty in access logs
  std::string message;  // of an error log: between "*N " and ", client:", the action included
  std::string action;   // "reading response header from upstream": what follows " while "
  std::optional<int> error_number;  // of "(111: Connection refused)" in the message
  std::string client;               // without a port
  std::string server;               // the server_name, or HAProxy's frontend
  std::string method;
  std::string uri;
  std::string http_version;  // "1.1"
  std::string subrequest;
  std::string upstream_scheme;   // "http", "https", "fastcgi"
  std::string upstream_address;  // "127.0.0.1:9000", "unix:/run/app.sock", "[::1]:80"
  std::string upstream_uri;
  std::string host;
  std::string referrer;

  // Access logs, and error lines that were joined with one.
  std::optional<int> status;
  bool upstream_logged = false;  // the log has $upstream_* variables: no try means none was made
  std::vector<Try> tries;
  std::optional<std::size_t> try_of_line;  // of an error line that was joined: which it speaks of
  bool redirected = false;                 // the tries are of more than one location (" : ")
  std::optional<net::Duration> request_time;
  std::optional<std::uint64_t> bytes_sent;      // of the body, to the client
  std::optional<std::uint64_t> content_length;  // that the client was promised
  std::optional<std::uint64_t> connection_requests;

  std::string code;     // a proxy's own word for a failure: "sH--", "UF", "AH00898"
  std::string details;  // what it says beside: Envoy's response code details
  // HAProxy's timers Tq, Tw, Tc, Tr, Ta; nullopt: not reached.
  struct Timers {
    std::optional<net::Duration> queue;
    std::optional<net::Duration> connect;
    std::optional<net::Duration> response;
    std::optional<net::Duration> total;
  };
  std::optional<Timers> timers;
  bool cut = false;  // the line ended too early (nginx cuts at 2048 bytes)
};

// Any line that badgate knows how to read, of whichever log; nullopt: it knows none such.
std::optional<Evidence> read_line(std::string_view line);

}  // namespace badgate::harness::evidence
