// Cycle: one configuration at work, which is nginx's word for it: the settings, and all that lives
// as long as they do: balancer, kept connections, logs. Requests hold on to the cycle in which they
// began, so a reload does not touch them.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "net/http1_response.h"
#include "net/loop.h"
#include "proxy/access_log.h"
#include "proxy/error_log.h"
#include "proxy/http_date.h"
#include "proxy/location_conf.h"
#include "proxy/resolver.h"
#include "proxy/server_conf.h"
#include "proxy/server_resolver.h"
#include "proxy/settings.h"
#include "proxy/versions.h"

namespace badgate::proxy {

struct Cycle {
  // `loop` and `sink` must outlive it. `before`: whose zones go on. The Error names the directive.
  static net::Result<std::shared_ptr<Cycle>> create(net::Loop& loop, Settings settings,
                                                    LogSink& sink, const Cycle* before = nullptr);
  // From now on it is the one that new requests get.
  void start(net::Loop& loop);
  // Nothing is kept alive any more.
  void exit();

  // The block that proxy_pass names, or the servers at the address or host that it names, which are
  // looked for in Settings::hosts. For use while the cycle is made.
  net::Result<UpstreamConf*> upstream_at_start(net::Loop& loop, const ProxyPass& pass);
  // The block or the servers that are known under a name that was worked out for one request; null:
  // there are none (ngx_http_upstream_init_request).
  UpstreamConf* find_upstream(const ProxyPass& pass) const;
  // Makes the upstream blocks of the settings. `before`: whose addresses they begin with.
  net::Result<void> add_upstreams(net::Loop& loop, const Cycle* before);
  // For servers with `resolve`; null: there is no name server. A block has one of its own where it
  // says `resolver`.
  Resolver* resolver_of(net::Loop& loop, const Upstream& upstream);
  // One for each different `resolver`; null: it names no server.
  Resolver* resolver_of(net::Loop& loop, const ResolverSettings& settings);

  Settings settings;
  Rules rules;
  ErrorLog error_log;
  AccessLog access_log;
  net::http1::ResponseRules response_rules;
  Zones zones;
  UpstreamConfs upstreams;
  std::vector<std::pair<ResolverSettings, std::unique_ptr<Resolver>>> resolvers;
  std::vector<std::unique_ptr<Resolver>> upstream_resolvers;
  std::vector<std::unique_ptr<ServerResolver>> server_resolvers;  // of servers with `resolve`
  std::vector<std::unique_ptr<ServerConf>> servers;               // in the order of the settings
  std::vector<AddressConf> addresses;                             // where they listen
  HttpDate date;
  bool exiting = false;
  net::Timer shutdown;  // worker_shutdown_timeout
};

}  // namespace badgate::proxy
