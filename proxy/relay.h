// Relay: passes a response body from an upstream to the client. Two ways: event_pipe.h through
// buffers and a temporary file (proxy_buffering on), stream_relay.h at once (off).
#pragma once

#include <cstdint>

#include "net/connection.h"
#include "proxy/lazy_timer.h"

namespace badgate::proxy {

// An upstream's connection as relays see it. Owned by the UpstreamRequest.
struct UpstreamSocket {
  net::Connection& connection;
  LazyTimer& read_timer;
  bool readable = false;  // nginx's read->ready: not known to be empty
  bool drained = false;   // the last read said so: there was nothing more
  bool eof = false;
  bool error = false;
  int error_code = 0;
  bool ended_early = false;  // the protocol's own end came before that of the body

  void set_readable() {
    readable = true;
    drained = false;
  }
  // What a read has told.
  void note(const net::Transfer& got) {
    if (got.state == net::Transfer::State::done) return;
    readable = false;
    drained = got.state == net::Transfer::State::again;
  }
};

class Relay {
 public:
  enum class Verdict {
    going,
    complete,  // the whole body was read and handed to the client's output
    cut,       // the upstream ended too early, broke or was too slow (logged)
    broken,    // nothing more can be done, not even flushing (logged): a bad chunk, a full disk
    client_failed,  // the client is gone or too slow (logged)
  };

  virtual ~Relay() = default;
  virtual Verdict on_upstream(bool timed_out) = 0;
  virtual Verdict on_client(bool timed_out) = 0;
  // Whether more is to be read from the upstream when it comes.
  virtual bool wants_upstream() const = 0;
  // The body has ended so that the upstream's connection may be kept.
  virtual bool keepalive() const = 0;
  // Bytes of the body as they came: in all, and without those that came with the head.
  virtual std::uint64_t read_length() const = 0;
  virtual std::uint64_t read_after_head() const = 0;
};

}  // namespace badgate::proxy
