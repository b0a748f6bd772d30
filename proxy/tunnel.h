// Tunnel: what becomes of a request once it was answered with 101: bytes pass both ways until one
// side closes (ngx_http_upstream_upgrade, ngx_http_upstream_process_upgraded). It borrows both
// connections; it owns what is on its way between them, one buffer in each direction.
#pragma once

#include <cstdint>
#include <string>

#include "proxy/event_pipe.h"
#include "proxy/relay.h"
#include "proxy/request.h"

namespace badgate::proxy {

class Tunnel {
 public:
  enum class Verdict {
    going,
    over,                // one side has closed, and all that it said before was passed on
    failed,              // a write failed (logged)
    upstream_timed_out,  // no bytes for proxy_read_timeout or proxy_send_timeout (logged)
    client_timed_out,    // it took none for send_timeout (logged)
  };

  // `response`: the buffer in which the head was read; from `begin` on it is the tunnel's. What of
  // client.input was not parsed is the tunnel's, too. All references must outlive it.
  Tunnel(Request& request, Client& client, UpstreamSocket& upstream,
         LazyTimer& upstream_write_timer, EventPipe::Buffer response);

  Verdict start();
  Verdict client_ready(net::Ready ready);
  Verdict upstream_ready(net::Ready ready);
  Verdict upstream_timed_out();
  Verdict client_timed_out();

  net::Ready client_interest() const { return {.read = up_.open(), .write = down_.blocked}; }
  net::Ready upstream_interest() const { return {.read = down_.open(), .write = up_.blocked}; }

  // Beside what had come with the head.
  std::uint64_t received() const { return received_; }  // from the upstream
  std::uint64_t sent() const { return sent_; }          // to the upstream

 private:
  // One direction: read into the buffer until it is full, written as the other side takes it.
  struct Direction {
    EventPipe::Buffer buffer;
    bool ended = false;    // nothing more can be read
    bool blocked = false;  // the other side takes nothing now
    bool empty() const { return buffer.begin == buffer.end; }
    bool open() const { return !ended && buffer.space() > 0; }
  };

  bool flush_head();
  bool pass_up(bool read);    // client to upstream; false: a write failed
  bool pass_down(bool read);  // upstream to client
  bool write_up();
  bool write_down();
  net::Transfer read_from(net::Connection& from, Direction& way, Level level);
  // `again` also when there is nothing to write; an `error` has been logged.
  net::Transfer write_to(net::Connection& to, Direction& way, Level level);
  Verdict settle(bool good);

  Request& request_;
  Client& client_;
  UpstreamSocket& upstream_;
  LazyTimer& upstream_write_timer_;
  Direction up_;
  Direction down_;
  std::uint64_t received_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace badgate::proxy
