// ServerConf: a server at work: what follows from its directives, and its locations. AddressConf:
// the servers at one listening address.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "net/http1_request.h"
#include "net/result.h"
#include "proxy/location_conf.h"
#include "proxy/server_names.h"
#include "proxy/settings.h"

namespace badgate::proxy {

struct ServerConf {
  // As LocationConf::create.
  static net::Result<ServerConf> create(net::Loop& loop, const VirtualServer& server, Cycle& cycle);

  // The location for a request's path, and whether the request is redirected to the location's own
  // path, which has a slash more (ngx_http_core_find_location).
  struct Found {
    const LocationConf* location;
    bool redirect = false;
  };
  Found find(std::string_view path) const;
  const LocationConf* find_named(std::string_view name) const;  // "@name"; null: there is none

  VirtualServer settings;
  std::shared_ptr<const net::TlsContext> ssl;  // if it has a certificate
  net::http1::RequestRules request_rules;
  // For requests that fail before their location is known; the values of `settings`.
  LocationConf own;
  std::vector<LocationConf> named;
  std::vector<LocationConf> locations;  // exact ones, then the longest first; the last is "/"
};

// What a server speaks TLS with. The Error is nginx's message, of a file that cannot be used.
net::Result<std::shared_ptr<const net::TlsContext>> make_ssl(const VirtualServer& server,
                                                             const Rules& rules);

// Where a server would have to speak TLS that has no certificate (ngx_http_ssl_init).
inline constexpr std::string_view no_certificate =
    "no \"ssl_certificate\" is defined for the \"listen ... ssl\" directive";

struct AddressConf {
  explicit AddressConf(net::Address the_address) : address(std::move(the_address)) {}

  const ServerConf& default_server() const { return *servers.front(); }
  // `host` as RequestHead::host; empty: the request names none.
  const ServerConf& find(std::string_view host) const {
    if (servers.size() == 1) return default_server();
    const auto index = names.find(host);
    return index ? *servers[*index] : default_server();
  }

  net::Address address;  // as configured: its port may be 0
  bool ssl = false;
  std::vector<const ServerConf*> servers;
  ServerNames names;
};

}  // namespace badgate::proxy
