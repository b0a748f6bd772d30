// Cycle: one configuration at work, which is nginx's word for it: the settings, and all that lives
// as long as they do: balancer, kept connections, logs. Requests hold on to the cycle in which they
// began, so a reload does not touch them.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/http1_request.h"
#include "net/http1_response.h"
#include "net/loop.h"
#include "proxy/access_log.h"
#include "proxy/balancer.h"
#include "proxy/error_log.h"
#include "proxy/keepalive_pool.h"
#include "proxy/settings.h"
#include "proxy/versions.h"

namespace badgate::proxy {

// What proxy_pass says.
struct ProxyPass {
  std::string host;                // "app": the upstream's name, and the Host that it is sent
  std::optional<std::string> uri;  // replaces the "/" that every request's path begins with
  std::string redirect_prefix;     // of Location headers that proxy_redirect default rewrites
};
net::Result<ProxyPass> parse_proxy_pass(const std::string& url);

struct Cycle {
  // `loop` and `sink` must outlive it. The Error names the directive.
  static net::Result<std::shared_ptr<Cycle>> create(net::Loop& loop, Settings settings,
                                                    LogSink& sink);

  Settings settings;
  Rules rules;
  ProxyPass pass;
  std::shared_ptr<Group> group;
  KeepalivePool pool;
  ErrorLog error_log;
  AccessLog access_log;
  net::http1::ResponseRules response_rules;
  net::http1::RequestRules request_rules;
  int upstream_version;      // HTTP version that upstreams are spoken to in
  bool upstream_keepalive;   // no "Connection: close" is sent
  std::size_t busy_buffers;  // bytes that may wait for a client while more is read
  bool exiting = false;      // nothing is kept alive any more
};

}  // namespace badgate::proxy
