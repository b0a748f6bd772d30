// KeepalivePool: idle connections to the servers of one upstream, after
// ngx_http_upstream_keepalive_module.c. It owns the connections that it holds. One that the server
// closes, resets or speaks on while idle is closed without a word.
#pragma once

#include <list>
#include <optional>

#include "net/connection.h"
#include "net/loop.h"
#include "proxy/places.h"
#include "proxy/settings.h"
#include "proxy/versions.h"

namespace badgate::proxy {

// A connection and what the limits of the pool need to know of it.
struct KeptConnection {
  net::Connection connection;
  net::TimePoint opened;  // when its connect was started
  unsigned requests = 0;  // sent on it, counted when an attempt takes it or opens it
  std::optional<Places::Place> place;
};

class KeepalivePool {
 public:
  struct Limits {
    unsigned connections = 0;  // `keepalive N`; 0: none is kept
    unsigned requests = 1000;
    net::Duration time = std::chrono::hours(1);
    net::Duration timeout = std::chrono::seconds(60);

    static Limits of(const Upstream& upstream, const Rules& rules);
  };

  // `loop` must outlive the pool.
  KeepalivePool(net::Loop& loop, Limits limits);
  KeepalivePool(const KeepalivePool&) = delete;
  KeepalivePool& operator=(const KeepalivePool&) = delete;

  // The connection to `peer` that was put here last. It is still watched for reading, which spares
  // the kernel two calls: give it a new callback, and call its `watch`, before the loop runs again.
  std::optional<KeptConnection> take(const net::Address& peer);

  // Keeps the connection, or closes it: requests or age at the limit, or the server has closed it
  // or sent something. When the pool is full, the one that has been idle longest is closed. The
  // caller has checked what only it knows: the attempt did not fail, nothing is left to read, the
  // request was sent completely, the response allows it, the proxy is not stopping.
  // `silent`: a read has just found that nothing is there. True: it is kept.
  bool keep(KeptConnection kept, bool silent = false);

  std::size_t size() const { return idle_.size(); }
  void clear();  // closes all of them

 private:
  struct Idle {
    KeptConnection kept;
    net::Timer timer;
  };
  using Position = std::list<Idle>::iterator;

  void watch(Position at);

  net::Loop& loop_;
  Limits limits_;
  std::list<Idle> idle_;  // the last used in front
};

}  // namespace badgate::proxy
