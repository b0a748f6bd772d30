// Fault: a point and an action. The point says when in the life of a connection, the action says
// what happens then. Presets with users' names (`crash = "mid-body"`) are built from the two.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "net/connection.h"
#include "net/network_namespace.h"
#include "net/rng.h"
#include "net/time.h"

namespace badgate::fault_backends {

struct Response;  // response.h
struct DnsReply;  // dns_server.h

// A pool of workers in front of the application; requests beyond it wait.
struct Workers {
  unsigned count = 0;             // 0: no limit
  std::optional<unsigned> queue;  // how many may wait before `overflow`; nullopt: all of them
  int overflow_status = 503;      // the answer when the queue is full; 0: the connection is closed
  std::uint64_t memory_per_request = 0;  // bytes
  std::uint64_t memory_limit = 0;        // beyond it the whole process is killed; 0: no limit
  net::Duration restart_after{};         // > 0: a supervisor starts it again so long after the kill

  bool limited() const { return count > 0 || memory_limit > 0; }
};

// When. `offset` counts bytes (or chunks) where the kind says so.
struct Point {
  enum class Kind {
    listen,         // instead of listening: the backend is not there
    connect,        // before the handshake is answered: in the network
    arrive,         // a connection waits to be accepted
    accept,         // a connection has been accepted
    handshake,      // TLS: the first bytes of the ClientHello have arrived; nothing is read
    request_bytes,  // `offset` bytes of the request have been read; 0: its first byte has arrived
    request_head,   // the request's head has been read, and nothing after it
    request_read,   // the request has been read completely and handed to the application
    header_bytes,   // `offset` bytes of the response header have been sent
    header_sent,    // the response header has been sent
    body_bytes,  // `offset` bytes of the response body have been sent (of a chunked one: of data)
    chunk,       // `offset` chunks have been sent
    response_sent,  // the response has been sent completely
    idle,           // the connection is kept and waits for its next request
    query,          // a name server is asked; `offset`: for records of this type; 0: of any
  };
  Kind kind = Kind::request_read;
  std::uint64_t offset = 0;
};

// How a connection ends.
enum class Ending {
  keep,   // not at all
  close,  // FIN (or RST, if the kernel holds unread bytes)
  drain,  // FIN, then reads and throws away what the peer still sends, until it closes too
  reset,  // RST; unix sockets know none: there the peer's unread bytes decide
  stall,  // nothing more, for ever
};

// What happens after a 101.
struct Tunnel {
  bool echo = false;     // what comes is sent back; otherwise it is only read
  bool unasked = false;  // also if the request has no Upgrade header
  net::Duration ping{};  // > 0: says something by itself each so often
  net::Duration end{};   // > 0: how long it lasts
  Ending ending = Ending::close;
};

// What.
struct Action {
  enum class Kind {
    close,   // FIN (or RST, if the kernel holds unread bytes)
    drain,   // FIN, then reads and throws away what the peer still sends, until it closes too
    reset,   // RST
    stall,   // nothing more, for ever
    delay,   // nothing for `time`, then go on
    drip,    // go on with `bytes` bytes each `time`
    drop,    // every packet of this connection is lost from now on; at Point::connect: every SYN
    send,    // send `data` in place of what is left of the response, then `ending`
    exit,    // the process is gone: listener and all connections at once; back after `time`, if > 0
    alter,   // the response is changed by `alter` (or `alter_reply`) before it is sent
    work,    // the request needs one of `workers`
    tunnel,  // the answer is 101, and then `tunnel`
    child_dies,   // of a PHP-FPM: the child that works here, of the signal `bytes`, after `time`
    master_dies,  // of a PHP-FPM: the children live on, and nobody replaces them
    // In the network (Point::Kind::connect), beside `drop`; see network_fault.h:
    lose,          // `share` of the packets that arrive
    drop_large,    // packets with more than `bytes` bytes of data
    full_backlog,  // no place is left in the accept queue
    route,         // there is no way to the address: `route`
    // Instead of listening (Point::Kind::listen):
    refuse,         // the address is taken and nobody listens
    wrong_port,     // listens, but at another port than the one the proxy was told
    missing,        // unix: no file
    no_permission,  // unix: a file that nobody may connect to
    stale,          // unix: the file of a process that is gone
    not_a_socket,   // unix: a plain file
  };
  Kind kind = Kind::close;
  net::Duration time{};  // at Point::Kind::idle: the action comes when the peer was idle so long
  double sigma = 0;      // delay: > 0: lognormal around `time`, from the seed
  std::uint64_t bytes = 0;
  std::string data;
  Ending ending = Ending::close;
  std::function<void(Response&, net::Rng&)> alter;
  std::function<void(DnsReply&)> alter_reply;
  Workers workers;
  Tunnel tunnel;
  double share = 0;  // of `lose`, 0 to 1
  net::Route route = net::Route::none;
};

// Which connections or requests it strikes; all of them unless narrowed.
struct Schedule {
  std::optional<std::uint64_t> times;  // at most so often
  std::uint64_t after = 0;  // not the first `after` requests (of the points up to `accept`:
                            // connections) that the backend gets
  std::optional<net::TimePoint> from;  // `between = ["10s", "40s"]`
  std::optional<net::TimePoint> until;
  double probability = 1.0;  // from the scenario's seed
  bool reused = false;       // only requests that are not the first of their connection

  bool in_force(net::TimePoint now) const {
    return (!from || now >= *from) && (!until || now < *until);
  }
};

struct Fault {
  std::string name;  // "crash: mid-body", as the receipt and the timeline call it
  Point point;
  Action action;
  Schedule schedule;
  net::SocketOptions socket;  // what the connections need to be so that it works; 0: nothing
};

}  // namespace badgate::fault_backends
