// What nginx refuses at start because of two directives together (ngx_http_proxy_merge_loc_conf,
// ngx_http_core_merge_srv_conf, ngx_http_upstream_init_round_robin).
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "proxy/directives.h"
#include "proxy/pass_variables.h"
#include "proxy/proxy_pass.h"
#include "proxy/server_conf.h"
#include "proxy/server_names.h"
#include "proxy/upstream_check.h"
#include "proxy/versions.h"

namespace badgate::proxy {
namespace {

using Contradictions = std::vector<Contradiction>;

constexpr std::size_t kConnectionPoolSize = 512;

std::size_t largest_buffer(const PassSettings& settings) {
  return std::max(settings.buffer_size, settings.buffers.size);
}

// ngx_http_proxy_merge_loc_conf, ngx_http_fastcgi_merge_loc_conf. `prefix`: "proxy", "fastcgi".
void check_buffers(const PassSettings& settings, std::string_view prefix, Contradictions& out) {
  const auto largest = fmt::format(
      "the maximum of the value of \"{0}_buffer_size\" and one of the \"{0}_buffers\"", prefix);
  const auto directive = [&](std::string_view name) { return fmt::format("{}_{}", prefix, name); };
  const std::size_t busy = busy_buffers_size(settings);
  if (settings.buffers.number < 2) {
    out.push_back(
        {directive("buffers"), fmt::format("there must be at least 2 \"{}_buffers\"", prefix)});
  } else if (busy < largest_buffer(settings)) {
    out.push_back({directive("busy_buffers_size"),
                   fmt::format("\"{}_busy_buffers_size\" must be equal to or greater than {}",
                               prefix, largest)});
  } else if (busy > (settings.buffers.number - 1) * settings.buffers.size) {
    // Where it is not set, one of the others has made it too large.
    const bool by_header = settings.buffer_size > settings.buffers.size;
    out.push_back({directive(settings.busy_buffers_size != 0 ? "busy_buffers_size"
                             : by_header                     ? "buffer_size"
                                                             : "buffers"),
                   fmt::format("\"{0}_busy_buffers_size\" must be less than the size of all "
                               "\"{0}_buffers\" minus one buffer",
                               prefix)});
  }
  const auto file = settings.max_temp_file_size;
  if (file != 0 && file < largest_buffer(settings)) {
    out.push_back({directive("max_temp_file_size"),
                   fmt::format("\"{}_max_temp_file_size\" must be equal to zero to disable "
                               "temporary files usage or must be equal to or greater than {}",
                               prefix, largest)});
  }
}

// ngx_http_upstream_add. What has variables is looked at for each request.
void check_pass(const Location& location, const Settings& settings, Contradictions& out) {
  const bool fastcgi = !location.fastcgi_pass.empty();
  const std::string directive = fastcgi ? "fastcgi_pass" : "proxy_pass";
  const std::string& text = location.pass_text();
  if (text.empty()) return;
  if (has_variables(text)) {
    if (const auto compiled = PassVariables::compile(location); !compiled)
      out.push_back({directive, compiled.error().message});
    return;
  }
  const auto pass = fastcgi ? parse_fastcgi_pass(text) : parse_proxy_pass(text);
  if (!pass) return out.push_back({directive, pass.error().message});
  const auto& groups = settings.upstreams;
  const auto named = [&](const Upstream& group) { return group.name == pass->host; };
  if (std::any_of(groups.begin(), groups.end(), named)) {
    if (pass->no_port) return;
    out.push_back(
        {directive, fmt::format("upstream \"{}\" may not have port {}", pass->host, pass->port)});
  } else if (!pass->address && find_host(settings.hosts, pass->host).empty()) {
    out.push_back({directive, fmt::format("host not found in upstream \"{}\"", pass->host)});
  }
}

// ngx_http_proxy_pass, ngx_shared_memory_add
void check_flow(const Location& location, const Settings& settings, Contradictions& out) {
  const auto pass = parse_proxy_pass(location.proxy_pass);
  if (location.match == Location::Match::named && pass && pass->uri) {
    out.push_back(
        {"proxy_pass",
         "\"proxy_pass\" cannot have URI part in location given by regular expression, or "
         "inside named location, or inside \"if\" statement, or inside \"limit_except\" "
         "block"});
  }
  const auto check_zones = [&out](const char* directive, const auto& limits, const auto& zones) {
    for (auto at = limits.begin(); at != limits.end(); ++at) {
      const auto of_zone = [&](const auto& limit) { return limit.zone == at->zone; };
      const auto known = [&](const LimitZone& zone) { return zone.name == at->zone; };
      if (std::none_of(zones.begin(), zones.end(), known)) {
        out.push_back({directive, fmt::format("zero size shared memory zone \"{}\"", at->zone)});
      } else if (std::any_of(limits.begin(), at, of_zone)) {
        out.push_back({directive, fmt::format("\"{}\" directive is duplicate", directive)});
      }
    }
  };
  check_zones("limit_req", location.limit_req, settings.limit_req_zone);
  check_zones("limit_conn", location.limit_conn, settings.limit_conn_zone);
}

void check_zone_names(const char* directive, const std::vector<LimitZone>& zones,
                      Contradictions& out) {
  for (auto at = zones.begin(); at != zones.end(); ++at) {
    const auto same = std::find_if(zones.begin(), at,
                                   [&](const LimitZone& zone) { return zone.name == at->name; });
    if (same == at) continue;
    out.push_back({directive, fmt::format("{} \"{}\" is already bound to key \"{}\"", directive,
                                          at->name, same->key)});
  }
}

// ngx_resolver_create: a word that it does not know is a name server's name.
void check_resolver(const ResolverSettings& resolver, const Rules& rules, Contradictions& out) {
  if (resolver.ipv4_word.empty() || rules.resolver_ipv4) return;
  out.push_back({"resolver", fmt::format("host not found in resolver \"{}\"", resolver.ipv4_word)});
}

// ngx_http_proxy_set_ssl
void check_ssl(const Location& location, Contradictions& out) {
  if (!location.proxy_pass.starts_with("https://")) return;
  if (!location.proxy_ssl_certificate.empty() && location.proxy_ssl_certificate_key.empty()) {
    out.push_back({"proxy_ssl_certificate",
                   fmt::format("no \"proxy_ssl_certificate_key\" is defined for certificate \"{}\"",
                               location.proxy_ssl_certificate)});
  }
  if (location.proxy_ssl_verify && location.proxy_ssl_trusted_certificate.empty()) {
    out.push_back({"proxy_ssl_verify", "no proxy_ssl_trusted_certificate for proxy_ssl_verify"});
  }
}

// ngx_http_create_locations_tree
void check_locations(const VirtualServer& server, Contradictions& out) {
  const auto& all = server.locations;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto same = [&](const Location& other) {
      return other.match == all[i].match && other.path == all[i].path;
    };
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(i);
    if (!std::any_of(all.begin(), end, same)) continue;
    out.push_back({"location", fmt::format("duplicate location \"{}\"", all[i].path)});
    out.back().location = i;
  }
}

void check_listen(const VirtualServer& server, Contradictions& out) {
  const auto& all = server.listen;
  for (auto it = all.begin(); it != all.end(); ++it) {
    const bool any_port = !it->is_unix() && it->port() == 0;
    if (!any_port && std::find(all.begin(), it, *it) != it)
      out.push_back({"listen", fmt::format("a duplicate listen {}", it->to_string())});
  }
}

// Of those from `begin` on, what has been told of a block above, which they have it from.
void drop_inherited(Contradictions& out, std::size_t begin) {
  const auto first = out.begin() + static_cast<std::ptrdiff_t>(begin);
  const auto told = [&](const Contradiction& one) {
    return std::any_of(out.begin(), first, [&](const Contradiction& other) {
      return other.directive == one.directive && other.message == one.message;
    });
  };
  out.erase(std::remove_if(first, out.end(), told), out.end());
}

// ngx_http_ssl_merge_srv_conf
void check_certificate(const VirtualServer& server, Contradictions& out) {
  if (server.ssl_certificate.empty() || !server.ssl_certificate_key.empty()) return;
  out.push_back({"ssl_certificate",
                 fmt::format("no \"ssl_certificate_key\" is defined for certificate \"{}\"",
                             server.ssl_certificate)});
}

// ngx_http_ssl_init: where anybody listens with ssl, the default server needs a certificate.
void check_default_servers(const Settings& settings, Contradictions& out) {
  std::vector<const VirtualServer*> all{&settings};
  for (const VirtualServer& server : settings.servers)
    all.push_back(&server);
  std::vector<bool> told(all.size());
  for (const VirtualServer* server : all) {
    for (const Listen& address : server->listen) {
      if (!address.ssl) continue;
      const auto first = std::ranges::find_if(all, [&](const VirtualServer* other) {
        return std::ranges::find(other->listen, address) != other->listen.end();
      });
      const auto index = static_cast<std::size_t>(first - all.begin());
      if (!(*first)->ssl_certificate.empty() || told[index]) continue;
      told[index] = true;
      out.push_back({"listen", std::string(no_certificate)});
      if (index > 0) out.back().server = index - 1;
    }
  }
}

void check_location(const Location& location, const Settings& settings, Contradictions& out) {
  check_buffers(location.proxy, "proxy", out);
  check_buffers(location.fastcgi, "fastcgi", out);
  check_pass(location, settings, out);
  check_resolver(location.resolver, rules_of(settings.nginx_version), out);
  check_flow(location, settings, out);
  check_ssl(location, out);
}

void check_server(const VirtualServer& server, const Settings& settings, Contradictions& out) {
  if (server.large_client_header_buffers.size < kConnectionPoolSize) {
    out.push_back({"large_client_header_buffers",
                   "the \"large_client_header_buffers\" size must be equal to or greater than "
                   "\"connection_pool_size\""});
  }
  check_location(server, settings, out);
  check_listen(server, out);
  check_certificate(server, out);
  check_locations(server, out);
  for (std::size_t i = 0; i < server.locations.size(); ++i) {
    const std::size_t before = out.size();
    check_location(server.locations[i], settings, out);
    drop_inherited(out, before);
    for (std::size_t at = before; at < out.size(); ++at)
      out[at].location = i;
  }
}

// What is left of the parameters of a block in one inside of it: all of them or, where that has its
// own, none (ngx_http_fastcgi_merge_loc_conf).
void inherit_params(Location& location) {
  if (!location.fastcgi_param.empty())
    location.outer_fastcgi_param = std::exchange(location.fastcgi_param, {});
}

}  // namespace

std::vector<net::Address> find_host(const Hosts& hosts, std::string_view name) {
  std::vector<net::Address> found;
  if (const auto at = hosts.find(name); at != hosts.end()) {
    found = at->second;
  } else if (name == "localhost") {
    found = {net::Address::loopback(), net::Address::loopback6()};
  }
  std::stable_partition(found.begin(), found.end(),
                        [](const net::Address& address) { return address.family() == AF_INET; });
  return found;
}

std::size_t busy_buffers_size(const PassSettings& settings) {
  return settings.busy_buffers_size != 0 ? settings.busy_buffers_size
                                         : 2 * largest_buffer(settings);
}

VirtualServer inherited_server(const Settings& settings) {
  VirtualServer server = settings;
  server.server_names.clear();
  server.locations.clear();
  inherit_params(server);
  return server;
}

Location inherited_location(const VirtualServer& server) {
  Location location = server;
  inherit_params(location);
  return location;
}

std::vector<Contradiction> check(const Settings& settings) {
  Contradictions out;
  check_server(settings, settings, out);
  check_zone_names("limit_req_zone", settings.limit_req_zone, out);
  check_zone_names("limit_conn_zone", settings.limit_conn_zone, out);
  check_upstreams(settings, out);
  for (std::size_t i = 0; i < settings.servers.size(); ++i) {
    const std::size_t before = out.size();
    check_server(settings.servers[i], settings, out);
    drop_inherited(out, before);
    for (std::size_t at = before; at < out.size(); ++at)
      out[at].server = i;
  }
  check_default_servers(settings, out);
  return out;
}

std::vector<std::string> warnings(const Settings& settings) {
  std::vector<std::string> out;
  std::vector<std::pair<std::string, ServerNames>> addresses;
  const auto add = [&](const VirtualServer& server) {
    for (const net::Address& address : server.listen) {
      const auto text = address.to_string();
      auto at = std::find_if(addresses.begin(), addresses.end(),
                             [&](const auto& known) { return known.first == text; });
      if (at == addresses.end()) at = addresses.insert(at, {text, {}});
      auto names = server.server_names;
      if (names.empty()) names.emplace_back();
      for (const auto& name : names) {
        if (!at->second.add(name, 0))
          out.push_back(fmt::format("conflicting server name \"{}\" on {}, ignored", name, text));
      }
    }
  };
  add(settings);
  for (const VirtualServer& server : settings.servers)
    add(server);
  return out;
}

}  // namespace badgate::proxy
