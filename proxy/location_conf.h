// LocationConf: a location at work: its directives, and what follows from them and is worked out
// once. nginx's loc_conf.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/loop.h"
#include "net/result.h"
#include "proxy/balancer.h"
#include "proxy/complex_value.h"
#include "proxy/keepalive_pool.h"
#include "proxy/settings.h"
#include "proxy/versions.h"
#include "proxy/zones.h"

namespace badgate::proxy {

// What proxy_pass says.
struct ProxyPass {
  std::string host;                // "app": the upstream's name, and the Host that it is sent
  std::optional<std::string> uri;  // replaces the location's path in front of every request's
  std::string redirect_prefix;     // of Location headers that proxy_redirect default rewrites …
  std::string redirect_to;         // … into this: the location's path
};
// For `location /`.
net::Result<ProxyPass> parse_proxy_pass(const std::string& url);

// An upstream block at work: what the requests of all locations that pass to it share.
struct UpstreamConf {
  UpstreamConf(net::Loop& loop, const Upstream& upstream, const Rules& rules);

  KeepalivePool::Limits limits;
  std::shared_ptr<Group> group;
  KeepalivePool pool;
};

// A header that servers or clients get.
struct HeaderConf {
  std::string name;
  ComplexValue value;
  bool always = false;
};

// An error_page.
struct ErrorPageConf {
  std::vector<int> statuses;
  int overwrite = -1;
  ComplexValue uri;
};

// A limit_conn.
struct ConnectionLimit {
  std::shared_ptr<ConnectionZone> zone;
  unsigned most = 0;
};

// By their names.
using UpstreamConfs = std::map<std::string, std::unique_ptr<UpstreamConf>, std::less<>>;

struct LocationConf : Location {
  // The Error names the directive.
  static net::Result<LocationConf> create(const Location& location, const Rules& rules,
                                          const UpstreamConfs& upstreams, const Zones& zones);

  // proxy_ignore_headers
  bool ignores(std::string_view header) const;
  bool hides(std::string_view header) const;

  // ngx_http_core_find_static_location, for one location: `uri` is a request's path.
  bool matches(std::string_view uri) const {
    return match == Match::prefix ? uri.starts_with(path) : uri == path;
  }
  // A path without the slash that a passing location ends with is redirected to that one.
  bool redirects(std::string_view uri) const {
    return returned.status == 0 && uri.size() + 1 == path.size() && path.back() == '/' &&
           path.starts_with(uri);
  }

  std::vector<ErrorPageConf> error_pages;
  ComplexValue return_text;
  std::vector<RateLimit> rate_limits;
  std::vector<ConnectionLimit> connection_limits;

  ProxyPass pass;
  UpstreamConf* upstream = nullptr;       // the cycle's
  int upstream_version = 0;               // HTTP version that upstreams are spoken to in
  bool upstream_keepalive = false;        // no "Connection: close" is sent
  std::vector<HeaderConf> set_headers;    // proxy_set_header; empty: none is set
  std::vector<HeaderConf> added_headers;  // add_header
  // Headers of servers that clients do not get; null: those that nginx hides by itself.
  std::shared_ptr<const std::vector<std::string>> hidden_headers;
  bool own_server = true;  // nginx says its own Server and Date, whatever servers say
  bool own_date = true;
  std::size_t busy_buffers = 0;  // bytes that may wait for a client while more is read
};

}  // namespace badgate::proxy
