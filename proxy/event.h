// Event: what happened inside the proxy, told to whoever listens (the harness's timeline and
// receipts). The proxy itself never reads it back.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "net/address.h"
#include "net/time.h"

namespace badgate::proxy {

struct Event {
  enum class Kind {
    client_accepted,
    request_received,  // detail: the request line
    upstream_connect,  // a connect was started
    upstream_connected,
    upstream_reused,    // a kept connection was taken from the pool
    upstream_sent,      // the request has been sent completely; bytes: how many
    upstream_header,    // the response header is complete; detail: the status, as $status
    upstream_failed,    // detail: the Reason and, as the socket saw it, why: "timeout",
                        // "error: 104 Connection reset by peer", "error: FIN"
    upstream_done,      // the attempt is over; bytes: body bytes received
    next_upstream,      // another server will be tried
    response_finished,  // to the client; detail: $status; bytes: body bytes sent
    client_closed,      // the client left early
  };
  Kind kind;
  net::TimePoint at;
  std::uint64_t connection = 0;  // the client's connection number, as in the error log (*N)
  net::Address server;           // for upstream_… events
  std::string detail;
  std::uint64_t bytes = 0;
};

using OnEvent = std::function<void(const Event&)>;

}  // namespace badgate::proxy
