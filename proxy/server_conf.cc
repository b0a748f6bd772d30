#include "proxy/server_conf.h"

#include <algorithm>

#include "proxy/cycle.h"

namespace badgate::proxy {
namespace {

net::http1::RequestRules request_rules_of(const VirtualServer& server) {
  net::http1::RequestRules rules;
  rules.client_header_buffer_size = server.client_header_buffer_size;
  rules.large_client_header_buffers = server.large_client_header_buffers.number;
  rules.large_client_header_buffer_size = server.large_client_header_buffers.size;
  return rules;
}

bool is_root(const Location& location) {
  return location.match == Location::Match::prefix && location.path == "/";
}

bool found_earlier(const Location& a, const Location& b) {
  const bool a_exact = a.match == Location::Match::exact;
  const bool b_exact = b.match == Location::Match::exact;
  return a_exact != b_exact ? a_exact : a.path.size() > b.path.size();
}

}  // namespace

// ngx_http_ssl_merge_srv_conf
net::Result<std::shared_ptr<const net::TlsContext>> make_ssl(const VirtualServer& server,
                                                             const Rules& rules) {
  const auto protocols = server.ssl_protocols != 0 ? server.ssl_protocols : rules.ssl_protocols;
  auto context = std::make_shared<net::TlsContext>(net::TlsRole::server, protocols);
  auto ready = context->use_certificate(server.ssl_certificate, server.ssl_certificate_key);
  if (ready) ready = context->set_ciphers(server.ssl_ciphers);
  if (!ready) return tl::unexpected(ready.error());
  return context;
}

net::Result<ServerConf> ServerConf::create(net::Loop& loop, const VirtualServer& server,
                                           Cycle& cycle) {
  ServerConf conf;
  conf.settings = server;
  conf.request_rules = request_rules_of(server);
  if (!server.ssl_certificate.empty()) {
    auto ssl = make_ssl(server, cycle.rules);
    if (!ssl) return tl::unexpected(ssl.error());
    conf.ssl = std::move(*ssl);
  }
  auto own = LocationConf::create(loop, server, cycle);
  if (!own) return tl::unexpected(own.error());
  conf.own = std::move(*own);
  for (const Location& location : server.locations) {
    auto made = LocationConf::create(loop, location, cycle);
    if (!made) return tl::unexpected(made.error());
    auto& kind = location.match == Location::Match::named ? conf.named : conf.locations;
    kind.push_back(std::move(*made));
  }
  if (std::none_of(server.locations.begin(), server.locations.end(), is_root))
    conf.locations.push_back(conf.own);
  std::stable_sort(conf.locations.begin(), conf.locations.end(), found_earlier);
  return conf;
}

const LocationConf* ServerConf::find_named(std::string_view name) const {
  const auto at = std::find_if(named.begin(), named.end(), [name](const LocationConf& location) {
    return location.path == name;
  });
  return at == named.end() ? nullptr : &*at;
}

ServerConf::Found ServerConf::find(std::string_view path) const {
  const LocationConf* redirecting = nullptr;
  for (const LocationConf& location : locations) {
    if (location.matches(path)) {
      // A path that is a location itself needs no redirect to one with a slash more.
      const bool itself = location.path.size() == path.size();
      return redirecting != nullptr && !itself ? Found{redirecting, true} : Found{&location};
    }
    if (location.redirects(path)) redirecting = &location;
  }
  // Every path begins with "/", but for "*" of "OPTIONS *".
  return {&own};
}

}  // namespace badgate::proxy
