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
#include "proxy/fastcgi_params.h"
#include "proxy/fastcgi_split.h"
#include "proxy/health_check.h"
#include "proxy/keepalive_pool.h"
#include "proxy/pass_variables.h"
#include "proxy/proxy_pass.h"
#include "proxy/resolver.h"
#include "proxy/settings.h"
#include "proxy/upstream_ssl.h"
#include "proxy/versions.h"
#include "proxy/zones.h"

namespace badgate::proxy {

struct Cycle;

// An upstream block at work: what the requests of all locations that pass to it share.
struct UpstreamConf {
  UpstreamConf(net::Loop& loop, const Upstream& upstream, const Rules& rules);

  KeepalivePool::Limits limits;
  std::shared_ptr<Group> group;
  KeepalivePool pool;
  std::unique_ptr<HealthChecks> checks;  // while the cycle is the current one
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

// By their names; those that proxy_pass makes of a host or an address, by "HOST:PORT".
using UpstreamConfs = std::map<std::string, std::unique_ptr<UpstreamConf>, std::less<>>;

struct LocationConf : Location {
  // `cycle` is what it will belong to: its upstreams and resolvers are found or made there. The
  // Error names the directive.
  static net::Result<LocationConf> create(net::Loop& loop, const Location& location, Cycle& cycle);

  // nginx's default for their temporary files.
  std::string_view temp_folder() const {
    return fastcgi_pass.empty() ? "proxy_temp" : "fastcgi_temp";
  }

  // proxy_ignore_headers
  bool ignores(std::string_view header) const;
  bool hides(std::string_view header) const;
  const ErrorPageConf* find_error_page(int status) const;  // null: there is none

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

  ProxyPass pass;  // unless it has variables
  std::optional<FastcgiParams> fastcgi_params;
  FastcgiSplit fastcgi_split;
  std::optional<PassVariables> pass_variables;
  std::shared_ptr<const UpstreamSsl> ssl;  // with https; with variables, which may be that
  UpstreamConf* upstream = nullptr;        // the cycle's; null: proxy_pass has variables
  Resolver* names = nullptr;               // the cycle's; null: there is none
  int upstream_version = 0;                // HTTP version that upstreams are spoken to in
  bool upstream_keepalive = false;         // no "Connection: close" is sent
  std::vector<HeaderConf> set_headers;     // proxy_set_header; empty: none is set
  std::vector<HeaderConf> added_headers;   // add_header
  // Headers of servers that clients do not get; null: those that nginx hides by itself.
  std::shared_ptr<const std::vector<std::string>> hidden_headers;
  bool own_server = true;  // nginx says its own Server and Date, whatever servers say
  bool own_date = true;
  std::size_t busy_buffers = 0;  // bytes that may wait for a client while more is read
};

}  // namespace badgate::proxy
