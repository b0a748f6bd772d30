#include "proxy/upstream_server.h"

#include <fmt/core.h>

#include "net/text.h"
#include "proxy/directive_values.h"
#include "proxy/directives.h"
#include "proxy/proxy_pass.h"

namespace badgate::proxy {
namespace {

constexpr std::uint64_t kSmallestZone = 8 * 4096;  // 8 pages

bool take_parameter(Server& into, std::string_view word) {
  if (word == "resolve") return into.resolve = true;
  if (word == "backup") return into.backup = true;
  if (word == "down") return into.down = true;
  const auto equals = word.find('=');
  const auto name = word.substr(0, equals);
  if (equals == word.npos || name == "backup" || name == "down") return false;
  const auto* field = net::find_field(server_fields(), name);
  return field != nullptr && field->apply(into, word.substr(equals + 1)).has_value();
}

// What is an address needs no resolver, whatever is said.
net::Result<void> set_where(Server& into, std::string_view word) {
  if (word.starts_with("unix:")) {
    const auto address = net::Address::parse(word);
    if (!address)
      return net::fail(fmt::format("no path in the unix domain socket in upstream \"{}\"", word));
    into.address = *address;
    into.resolve = false;
    return {};
  }
  auto where = parse_host_port(word);
  if (!where) return tl::unexpected(where.error());
  into.port = where->port;
  if (const auto address = net::Address::parse(fmt::format("{}:{}", where->host, where->port))) {
    into.address = *address;
    into.resolve = false;
  } else {
    into.host = std::move(where->host);
  }
  return {};
}

}  // namespace

net::Result<Server> parse_server(std::string_view line) {
  const auto words = words_of(line);
  if (words.empty()) return net::fail("no host in upstream \"\"");
  Server server;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (!take_parameter(server, words[i]))
      return net::fail(fmt::format("invalid parameter \"{}\"", words[i]));
  }
  if (auto ok = set_where(server, words.front()); !ok) return tl::unexpected(ok.error());
  return server;
}

net::Result<UpstreamZone> parse_upstream_zone(std::string_view text) {
  const auto words = words_of(text);
  if (words.empty() || words.size() > 2)
    return net::fail("invalid number of arguments in \"zone\" directive");
  UpstreamZone zone{.name = std::string(words.front())};
  if (words.size() == 1) return zone;
  const auto size = net::parse_size(words.back());
  if (!size) return net::fail(fmt::format("invalid zone size \"{}\"", words.back()));
  if (*size < kSmallestZone) return net::fail(fmt::format("zone \"{}\" is too small", zone.name));
  zone.size = *size;
  return zone;
}

net::Result<std::vector<Server>> servers_at_start(const Upstream& upstream, const Hosts& hosts) {
  std::vector<Server> out;
  for (const Server& server : upstream.servers) {
    if (server.host.empty() || server.resolve) {
      out.push_back(server);
      continue;
    }
    const auto addresses = find_host(hosts, server.host);
    if (addresses.empty()) {
      return net::fail(
          fmt::format("host not found in upstream \"{}:{}\"", server.host, server.port));
    }
    for (const net::Address& address : addresses) {
      out.push_back(server);
      out.back().host.clear();
      out.back().address = with_port(address, server.port);
    }
  }
  return out;
}

const ResolverSettings& resolver_of(const Upstream& upstream, const Settings& settings) {
  return upstream.resolver ? *upstream.resolver : settings.resolver;
}

}  // namespace badgate::proxy
