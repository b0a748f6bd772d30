// Fault: a point and an action. The point says when in the life of a connection, the action says
// what happens then. Presets with users' names (`crash = "mid-body"`) are built from the two.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "net/time.h"

namespace badgate::fault_backends {

// When. `offset` counts bytes (or chunks, or requests) where the kind says so.
struct Point {
  enum class Kind {
    listen,         // instead of listening: the backend is not there
    connect,        // before the handshake is answered: in the network
    accept,         // a connection has been accepted
    request_bytes,  // `offset` bytes of the request have been read
    request_read,   // the request has been read completely
    header_bytes,   // `offset` bytes of the response header have been sent
    header_sent,    // the response header has been sent
    body_bytes,     // `offset` bytes of the response body have been sent
    chunk,          // `offset` chunks have been sent
    response_sent,  // the response has been sent completely
    idle,           // the connection is kept and waits for its next request
  };
  Kind kind = Kind::request_read;
  std::uint64_t offset = 0;
};

// What.
struct Action {
  enum class Kind {
    close,  // FIN (or RST, if the kernel holds unread bytes)
    reset,  // RST
    stall,  // nothing more, for ever
    delay,  // nothing for `time`, then go on
    drip,   // go on with `bytes` bytes each `time`
    drop,   // every packet of this connection is lost from now on
    send,   // send `data` in place of what is left of the response
    exit,   // the process is gone: listener and all connections at once
  };
  Kind kind = Kind::close;
  net::Duration time{};
  std::uint64_t bytes = 0;
  std::string data;
};

// Which connections or requests it strikes; all of them unless narrowed.
struct Schedule {
  std::optional<std::uint64_t> times;  // at most so often
  std::uint64_t after = 0;             // not the first `after` requests
  std::optional<net::TimePoint> from;  // `between = ["10s", "40s"]`
  std::optional<net::TimePoint> until;
  double probability = 1.0;  // from the scenario's seed
};

struct Fault {
  std::string name;  // "crash: mid-body", as the receipt and the timeline call it
  Point point;
  Action action;
  Schedule schedule;
};

}  // namespace badgate::fault_backends
