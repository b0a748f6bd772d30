#include "proxy/location_conf.h"

#include <fmt/core.h>

#include "proxy/directives.h"

namespace badgate::proxy {

net::Result<ProxyPass> parse_proxy_pass(const std::string& url) {
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme)) return net::fail("proxy_pass: invalid URL prefix");
  const std::string rest = url.substr(scheme.size());
  const auto slash = rest.find('/');
  ProxyPass pass;
  pass.host = rest.substr(0, slash);
  if (pass.host.empty()) return net::fail("proxy_pass: no host in upstream");
  if (slash != std::string::npos) pass.uri = rest.substr(slash);
  return pass;
}

UpstreamConf::UpstreamConf(net::Loop& loop, const Upstream& upstream, const Rules& rules)
    : limits(KeepalivePool::Limits::of(upstream, rules)),
      group(std::make_shared<Group>(upstream)),
      pool(loop, limits) {}

net::Result<LocationConf> LocationConf::create(const Location& location, const Rules& rules,
                                               const UpstreamConfs& upstreams) {
  LocationConf conf;
  static_cast<Location&>(conf) = location;
  auto pass = parse_proxy_pass(location.proxy_pass);
  if (!pass) return tl::unexpected(pass.error());
  conf.pass = std::move(*pass);
  // ngx_http_proxy_pass, ngx_http_proxy_merge_loc_conf: proxy_redirect default
  conf.pass.redirect_prefix = conf.pass.uri ? conf.proxy_pass : conf.proxy_pass + conf.path;
  conf.pass.redirect_to = conf.path;
  const auto upstream = upstreams.find(conf.pass.host);
  if (upstream == upstreams.end()) {
    return net::fail(fmt::format("proxy_pass: host not found in upstream \"{}\"", conf.pass.host));
  }
  conf.upstream = upstream->second.get();
  conf.upstream_version = upstream_http_version(conf, rules);
  conf.upstream_keepalive =
      conf.upstream_version == net::http1::version_11 &&
      (conf.upstream->limits.connections > 0 || rules.http11_default_upstream);
  conf.busy_buffers = busy_buffers_size(conf);
  return conf;
}

}  // namespace badgate::proxy
