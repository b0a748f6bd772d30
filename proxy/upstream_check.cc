#include "proxy/upstream_check.h"

#include <fmt/core.h>

#include <algorithm>

#include "proxy/upstream_server.h"
#include "proxy/versions.h"

namespace badgate::proxy {
namespace {

using Contradictions = std::vector<Contradiction>;

// Names in server lines: ngx_http_upstream_server, ngx_http_upstream_init_round_robin.
void check_names(const Upstream& upstream, const Settings& settings, const Rules& rules,
                 Contradictions& out) {
  const auto add = [&](const char* directive, std::string message) {
    out.push_back({directive, std::move(message), upstream.name});
  };
  const bool resolve =
      std::ranges::any_of(upstream.servers, [](const Server& server) { return server.resolve; });
  if (const auto servers = servers_at_start(upstream, settings.hosts); !servers)
    add("server", servers.error().message);
  if (!rules.resolve_servers) {
    if (resolve) add("server", "invalid parameter \"resolve\"");
    if (upstream.resolver) add("resolver", "\"resolver\" directive is not allowed here");
    if (upstream.resolver_timeout)
      add("resolver_timeout", "\"resolver_timeout\" directive is not allowed here");
  } else if (resolve && !upstream.zone) {
    add("server", fmt::format("resolving names at run time requires upstream \"{}\" to be in "
                              "shared memory",
                              upstream.name));
  } else if (resolve && resolver_of(upstream, settings).servers.empty()) {
    add("server", fmt::format("no resolver defined to resolve names at run time in upstream \"{}\"",
                              upstream.name));
  }
  if (resolve && upstream.health_check)
    add("health_check", "health_check of servers with \"resolve\" is not supported");
}

// ngx_shared_memory_add, ngx_init_zone_pool
void check_zone(const Upstream& upstream, const Settings& settings, Contradictions& out) {
  if (!upstream.zone) return;
  const auto has_size = [&](const Upstream& other) {
    return other.zone && other.zone->name == upstream.zone->name && other.zone->size != 0;
  };
  if (std::ranges::none_of(settings.upstreams, has_size)) {
    out.push_back({"zone", fmt::format("zero size shared memory zone \"{}\"", upstream.zone->name),
                   upstream.name});
  }
}

void check_upstream(const Upstream& upstream, const Rules& rules, Contradictions& out) {
  const bool has_primary = std::any_of(upstream.servers.begin(), upstream.servers.end(),
                                       [](const Server& server) { return !server.backup; });
  if (upstream.servers.empty()) {
    out.push_back({"upstream", "no servers are inside upstream", upstream.name});
  } else if (!has_primary) {
    out.push_back(
        {"backup", fmt::format("no servers in upstream \"{}\"", upstream.name), upstream.name});
  }
  if (upstream.keepalive == 0U && !rules.http11_default_upstream)
    out.push_back({"keepalive", "invalid value \"0\" in \"keepalive\" directive", upstream.name});
}

}  // namespace

void check_upstreams(const Settings& settings, Contradictions& out) {
  const Rules rules = rules_of(settings.nginx_version);
  const auto& groups = settings.upstreams;
  for (const auto& upstream : groups) {
    check_upstream(upstream, rules, out);
    check_names(upstream, settings, rules, out);
    check_zone(upstream, settings, out);
  }
  for (auto it = groups.begin(); it != groups.end(); ++it) {
    const auto same = [&](const Upstream& other) { return other.name == it->name; };
    if (std::any_of(groups.begin(), it, same))
      out.push_back({"upstream", fmt::format("duplicate upstream \"{}\"", it->name)});
  }
}

}  // namespace badgate::proxy
