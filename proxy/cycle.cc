#include "proxy/cycle.h"
#include "proxy/directives.h"

#include <unistd.h>

#include <algorithm>

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
  for (const net::Address& address : settings.listen) {
    AddressConf& conf = address_of(cycle, address, *server);
    const std::size_t index = conf.servers.size();
    conf.servers.push_back(server.get());
    if (settings.server_names.empty()) conf.names.add({}, index);
    for (const std::string& name : settings.server_names)
      conf.names.add(name, index);
  }
  cycle.servers.push_back(std::move(server));
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
      .servers = {},
      .addresses = {},
  });
  auto zones = Zones::create(cycle->settings, before != nullptr ? &before->zones : nullptr);
  if (!zones) return tl::unexpected(zones.error());
  cycle->zones = std::move(*zones);
  for (const Upstream& upstream : cycle->settings.upstreams) {
    cycle->upstreams.emplace(upstream.name, std::make_unique<UpstreamConf>(loop, upstream, rules));
  }
  std::vector<const VirtualServer*> servers{&cycle->settings};
  for (const VirtualServer& server : cycle->settings.servers)
    servers.push_back(&server);
  for (const VirtualServer* server : servers) {
    auto conf = ServerConf::create(*server, rules, cycle->upstreams, cycle->zones);
    if (!conf) return tl::unexpected(conf.error());
    add_server(*cycle, std::make_unique<ServerConf>(std::move(*conf)));
  }
  for (const std::string& warning : warnings(cycle->settings))
    cycle->error_log.write(loop.wall(), Level::warn, warning);
  return cycle;
}

void Cycle::exit() {
  exiting = true;
  for (auto& [name, upstream] : upstreams)
    upstream->pool.clear();
}

}  // namespace badgate::proxy
