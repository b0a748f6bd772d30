// ServerResolver: keeps the peers of one server with `resolve` at the addresses that its name has,
// after ngx_http_upstream_zone_module.c: it asks when the proxy begins its work and again when an
// answer is no longer valid. A name that does not exist has no peers; after any other failure the
// old ones stay.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "net/loop.h"
#include "proxy/balancer.h"
#include "proxy/error_log.h"
#include "proxy/resolver.h"

namespace badgate::proxy {

class ServerResolver {
 public:
  // For servers[index] of `upstream`; `loop`, `log` and `resolver` must outlive it. `timeout`:
  // resolver_timeout.
  ServerResolver(net::Loop& loop, ErrorLog& log, Resolver& resolver, net::Duration timeout,
                 const Upstream& upstream, std::size_t index, std::shared_ptr<Group> group);

  // The addresses that the same server had before a reload, for as long as they are valid
  // (ngx_http_upstream_zone_preresolve). Nothing is taken over from another server.
  void take_over(const ServerResolver& before);
  // From now on it asks.
  void start();

 private:
  void ask();
  void answered(const Resolver::Answer& answer);
  std::int64_t now() const;  // ngx_time(): whole seconds of the wall clock

  net::Loop& loop_;
  ErrorLog& log_;
  Resolver& resolver_;
  net::Duration timeout_;
  std::string host_;
  std::size_t index_;
  std::shared_ptr<Group> group_;
  std::int64_t valid_ = 0;  // until which second the addresses are good
  std::unique_ptr<Resolver::Lookup> lookup_;
  net::Timer timer_;
};

}  // namespace badgate::proxy
