#include "harness/drivers/host_names.h"

#include <algorithm>

#include "proxy/directives.h"
#include "proxy/proxy_pass.h"
#include "proxy/upstream_server.h"

namespace badgate::harness::drivers {
namespace {

bool is_group(const proxy::Settings& settings, const std::string& name) {
  return std::ranges::any_of(settings.upstreams,
                             [&](const proxy::Upstream& group) { return group.name == name; });
}

std::string known_pass(const std::string& text, proxy::Settings& settings, bool fastcgi) {
  if (proxy::has_variables(text)) return text;
  const auto pass = fastcgi ? proxy::parse_fastcgi_pass(text) : proxy::parse_proxy_pass(text);
  if (!pass || pass->address) return text;
  const auto addresses = proxy::find_host(settings.hosts, pass->host);
  if (addresses.empty()) return text;
  if (!is_group(settings, pass->host)) {
    proxy::Upstream upstream;
    upstream.name = pass->host;
    for (const auto& address : addresses)
      upstream.servers.push_back({.address = proxy::with_port(address, pass->port)});
    settings.upstreams.push_back(std::move(upstream));
  }
  if (fastcgi) return pass->host;
  return (pass->ssl ? "https://" : "http://") + pass->host + pass->uri.value_or("");
}

void replace_in(DirectiveBlock& block, proxy::Settings& settings) {
  for (auto& [name, value] : block.directives) {
    if (name == "proxy_pass") value = known_pass(value, settings, false);
    if (name == "fastcgi_pass") value = known_pass(value, settings, true);
  }
  for (DirectiveBlock& child : block.blocks)
    replace_in(child, settings);
}

}  // namespace

Setup with_known_hosts(Setup setup) {
  for (proxy::Upstream& upstream : setup.settings.upstreams) {
    if (auto servers = proxy::servers_at_start(upstream, setup.settings.hosts))
      upstream.servers = std::move(*servers);
  }
  auto& settings = setup.settings;
  const bool fastcgi = !settings.fastcgi_pass.empty();
  auto& pass = fastcgi ? settings.fastcgi_pass : settings.proxy_pass;
  pass = known_pass(pass, settings, fastcgi);
  replace_in(setup.directives, setup.settings);
  return setup;
}

}  // namespace badgate::harness::drivers
