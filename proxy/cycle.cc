#include "proxy/cycle.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>

#include "net/http1_message.h"
#include "proxy/directives.h"
#include "proxy/upstream_server.h"

namespace badgate::proxy {
namespace {

// The address again, if another server listens there. Port 0 is a new one for each time that a
// server names it.
AddressConf& address_of(Cycle& cycle, const net::Address& address, const ServerConf& server) {
  for (AddressConf& conf : cycle.addresses) {
    const auto& there = conf.servers;
    const bool anew = std::find(there.begin(), there.end(), &server) != there.end();
    if (conf.address == address && !anew) return conf;
  }
  return cycle.addresses.emplace_back(address);
}

// ngx_http_add_addresses, ngx_http_server_names
void add_server(Cycle& cycle, std::unique_ptr<ServerConf> server) {
  const auto& settings = server->settings;
  for (const Listen& address : settings.listen) {
    AddressConf& conf = address_of(cycle, address, *server);
    conf.ssl = conf.ssl || address.ssl;
    const std::size_t index = conf.servers.size();
    conf.servers.push_back(server.get());
    if (settings.server_names.empty()) conf.names.add({}, index);
    for (const std::string& name : settings.server_names)
      conf.names.add(name, index);
  }
  cycle.servers.push_back(std::move(server));
}

std::string key_of(const ProxyPass& pass) {
  return pass.address && pass.address->is_unix() ? pass.host
                                                 : fmt::format("{}:{}", pass.host, pass.port);
}

net::Result<std::vector<Server>> servers_at_start(const ProxyPass& pass, const Hosts& hosts) {
  if (pass.address) return std::vector{Server{.address = *pass.address}};
  const auto addresses = find_host(hosts, pass.host);
  if (addresses.empty())
    return net::fail(fmt::format("host not found in upstream \"{}\"", pass.host));
  std::vector<Server> servers;
  for (const net::Address& address : addresses)
    servers.push_back({.address = with_port(address, pass.port)});
  return servers;
}

}  // namespace

net::Result<std::shared_ptr<Cycle>> Cycle::create(net::Loop& loop, Settings settings, LogSink& sink,
                                                  const Cycle* before) {
  auto format = LogFormat::compile(settings.log_format.empty() ? LogFormat::default_text()
                                                               : settings.log_format);
  if (!format) return tl::unexpected(format.error());
  const Rules rules = rules_of(settings.nginx_version);
  // Runs on the virtual clock repeat to the byte, so the process's number must not show.
  const int pid = loop.clock().is_virtual() ? 1 : ::getpid();
  const Level level = settings.error_log_level;
  std::shared_ptr<Cycle> cycle(new Cycle{
      .settings = std::move(settings),
      .rules = rules,
      .error_log = ErrorLog(sink, level, pid, pid),
      .access_log = AccessLog(sink, std::move(*format), rules.join_headers),
      .response_rules = net::http1::ResponseRules::of(rules.version),
      .zones = {},
      .upstreams = {},
      .resolvers = {},
      .upstream_resolvers = {},
      .server_resolvers = {},
      .servers = {},
      .addresses = {},
  });
  auto zones = Zones::create(cycle->settings, before != nullptr ? &before->zones : nullptr);
  if (!zones) return tl::unexpected(zones.error());
  cycle->zones = std::move(*zones);
  if (auto ok = cycle->add_upstreams(loop, before); !ok) return tl::unexpected(ok.error());
  std::vector<const VirtualServer*> servers{&cycle->settings};
  for (const VirtualServer& server : cycle->settings.servers)
    servers.push_back(&server);
  for (const VirtualServer* server : servers) {
    auto conf = ServerConf::create(loop, *server, *cycle);
    if (!conf) return tl::unexpected(conf.error());
    add_server(*cycle, std::make_unique<ServerConf>(std::move(*conf)));
  }
  const auto lacks_certificate = [](const AddressConf& conf) {
    return conf.ssl && !conf.default_server().ssl;
  };
  if (std::ranges::any_of(cycle->addresses, lacks_certificate))
    return net::fail(std::string(no_certificate));
  for (const std::string& warning : warnings(cycle->settings))
    cycle->error_log.write(loop.wall(), Level::warn, warning);
  return cycle;
}

net::Result<void> Cycle::add_upstreams(net::Loop& loop, const Cycle* before) {
  for (Upstream& upstream : settings.upstreams) {
    auto found = servers_at_start(upstream, settings.hosts);
    if (!found) return tl::unexpected(found.error());
    upstream.servers = std::move(*found);
    auto conf = std::make_unique<UpstreamConf>(loop, upstream, rules);
    Resolver* resolver = resolver_of(loop, upstream);
    const auto timeout = upstream.resolver_timeout.value_or(settings.resolver_timeout);
    for (std::size_t i = 0; i < upstream.servers.size(); ++i) {
      if (!upstream.servers[i].resolve || resolver == nullptr) continue;
      auto& its = server_resolvers.emplace_back(std::make_unique<ServerResolver>(
          loop, error_log, *resolver, timeout, upstream, i, conf->group));
      if (before == nullptr) continue;
      for (const auto& old : before->server_resolvers)
        its->take_over(*old);
    }
    upstreams.emplace(upstream.name, std::move(conf));
  }
  return {};
}

// ngx_http_upstream_add, ngx_http_upstream_init_round_robin
net::Result<UpstreamConf*> Cycle::upstream_at_start(net::Loop& loop, const ProxyPass& pass) {
  if (const auto known = upstreams.find(pass.host); known != upstreams.end()) {
    if (pass.no_port) return known->second.get();
    return net::fail(fmt::format("upstream \"{}\" may not have port {}", pass.host, pass.port));
  }
  auto& conf = upstreams[key_of(pass)];
  if (conf) return conf.get();
  auto found = servers_at_start(pass, settings.hosts);
  if (!found) return tl::unexpected(found.error());
  const Upstream upstream{.name = pass.host, .servers = std::move(*found), .keepalive = 0};
  conf = std::make_unique<UpstreamConf>(loop, upstream, rules);
  return conf.get();
}

UpstreamConf* Cycle::find_upstream(const ProxyPass& pass) const {
  for (const auto& [name, upstream] : upstreams) {
    if (net::http1::iequals(name, pass.no_port ? pass.host : key_of(pass))) return upstream.get();
  }
  return nullptr;
}

Resolver* Cycle::resolver_of(net::Loop& loop, const ResolverSettings& resolver) {
  if (resolver.servers.empty()) return nullptr;
  for (const auto& [known, its] : resolvers) {
    if (known == resolver) return its.get();
  }
  const auto name = fmt::format("resolver {}", resolvers.size());
  return resolvers
      .emplace_back(resolver, std::make_unique<Resolver>(loop, resolver, error_log,
                                                         settings.rng.stream(name)))
      .second.get();
}

Resolver* Cycle::resolver_of(net::Loop& loop, const Upstream& upstream) {
  if (!upstream.resolver) return resolver_of(loop, settings.resolver);
  const auto name = "resolver of " + upstream.name;
  return upstream_resolvers
      .emplace_back(std::make_unique<Resolver>(loop, *upstream.resolver, error_log,
                                               settings.rng.stream(name)))
      .get();
}

void Cycle::start(net::Loop& loop) {
  for (const auto& server : server_resolvers)
    server->start();
  for (const Upstream& upstream : settings.upstreams) {
    if (!upstream.health_check) continue;
    UpstreamConf& conf = *upstreams.find(upstream.name)->second;
    conf.checks = std::make_unique<HealthChecks>(loop, error_log, *upstream.health_check, upstream,
                                                 conf.group, settings);
  }
}

void Cycle::exit() {
  exiting = true;
  for (auto& [name, upstream] : upstreams) {
    upstream->pool.clear();
    upstream->checks.reset();
  }
}

}  // namespace badgate::proxy
