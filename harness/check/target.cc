#include "harness/check/target.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string_view>
#include <tuple>

#include "net/address.h"
#include "net/text.h"

namespace badgate::harness::check {
namespace {

using nginx_conf::LocationRef;
using nginx_conf::Pass;
using nginx_conf::Site;

std::string value(const Site& site, LocationRef ref, const Pass& pass, std::string_view name) {
  return site.setting(ref, fmt::format("{}{}", pass.prefix(), name)).value;
}

bool is_on(const Site& site, LocationRef ref, const Pass& pass, std::string_view name) {
  return value(site, ref, pass, name) == "on";
}

// The text between scheme and path: what nginx calls $proxy_host.
std::string proxy_host(const Pass& pass) {
  std::string text = pass.resolved.empty() ? pass.text : pass.resolved;
  if (const auto scheme = text.find("://"); scheme != text.npos) text.erase(0, scheme + 3);
  return text.substr(0, text.find('/'));
}

net::Duration time_of(const std::string& text) {
  constexpr std::chrono::seconds kDefault{60};  // of all of nginx's timeouts
  return net::parse_duration(text).value_or(kDefault);
}

std::string unquoted(std::string text) {
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
      text.back() == text.front())
    return text.substr(1, text.size() - 2);
  return text;
}

// proxy_set_header Host, where it is more than the request's own.
std::string host_header(const Site& site, LocationRef ref, const Pass& pass) {
  const auto* set = site.find(ref, "proxy_set_header");
  if (set == nullptr) return proxy_host(pass);
  for (const auto& said : set->said) {
    if (said.arguments.size() < 2 || said.arguments[0].text != "Host") continue;
    const std::string& text = said.arguments[1].text;
    if (text == "$proxy_host") return proxy_host(pass);
    if (text.find('$') == text.npos) return text;
    const auto& names = site.server(ref).names;  // $host, $http_host
    const auto plain = std::ranges::find_if(names, [](const std::string& name) {
      return name.find_first_of("*~_") == name.npos && !name.empty() && name.front() != '.';
    });
    return plain == names.end() ? std::string("localhost") : *plain;
  }
  return proxy_host(pass);
}

TargetTls tls_of(const Site& site, LocationRef ref, const Pass& pass) {
  TargetTls tls;
  tls.verify = is_on(site, ref, pass, "ssl_verify");
  tls.send_name = is_on(site, ref, pass, "ssl_server_name");
  tls.name = unquoted(value(site, ref, pass, "ssl_name"));
  if (tls.name.empty() || tls.name.find('$') != tls.name.npos) {
    tls.name = proxy_host(pass);
    if (const auto colon = tls.name.rfind(':'); colon != tls.name.npos && tls.name.back() != ']')
      tls.name.erase(colon);
  }
  const auto file = [&](std::string_view name) {
    const auto text = unquoted(value(site, ref, pass, name));
    return text.empty() ? text : file_of(site, text);
  };
  tls.trusted = file("ssl_trusted_certificate");
  tls.certificate = file("ssl_certificate");
  tls.key = file("ssl_certificate_key");
  tls.protocols = value(site, ref, pass, "ssl_protocols");
  tls.ciphers = unquoted(value(site, ref, pass, "ssl_ciphers"));
  return tls;
}

void set_address(Target& target, std::uint16_t default_port) {
  if (target.address.starts_with("unix:")) {
    target.path = target.address.substr(5);
    // As in proxy_pass: "unix:/run/app.sock:/uri/".
    if (const auto colon = target.path.find(':'); colon != target.path.npos)
      target.path.erase(colon);
    return;
  }
  const bool v6 = target.address.starts_with('[');
  const auto colon = target.address.find(':', v6 ? target.address.find(']') : 0);
  target.host = target.address.substr(0, colon);
  if (v6 && target.host.size() > 2) target.host = target.host.substr(1, target.host.size() - 2);
  target.port = default_port;
  if (colon != target.address.npos) {
    const auto port = net::parse_number(target.address.substr(colon + 1));
    if (port && *port <= 65535) target.port = static_cast<std::uint16_t>(*port);
  }
  const auto literal = v6 ? net::Address::parse(fmt::format("[{}]:0", target.host))
                          : net::Address::parse(target.host + ":0");
  target.is_name = !literal;
}

// Servers of an `upstream` block have port 80 unless they say one, also behind https://
// (ngx_http_upstream_server).
std::uint16_t default_port(const Pass& pass, bool in_block) {
  return pass.tls && !in_block ? 443 : 80;
}

std::string used_by(const Site& site, LocationRef ref) {
  return fmt::format("{} of {}", site.location(ref).title(), site.server(ref).title());
}

Target common_of(const Site& site, LocationRef ref, const Pass& pass) {
  Target target;
  target.protocol = pass.protocol;
  target.connect_timeout = time_of(value(site, ref, pass, "connect_timeout"));
  const auto read = site.setting(ref, fmt::format("{}read_timeout", pass.prefix()));
  target.read_timeout = time_of(read.value);
  target.read_timeout_from = read.from;
  target.http_host = host_header(site, ref, pass);
  if (pass.uri && pass.uri->find('$') == std::string::npos && pass.uri->starts_with('/'))
    target.uri = *pass.uri;
  target.used_by = used_by(site, ref);
  target.has_resolver = site.find(ref, "resolver") != nullptr;
  if (pass.tls) target.tls = tls_of(site, ref, pass);
  return target;
}

Target undecided(const Site& site, LocationRef ref, const Pass& pass) {
  Target target = common_of(site, ref, pass);
  target.group = target.address = pass.text;
  target.position = pass.position;
  target.undecided = true;
  return target;
}

}  // namespace

std::string Target::directive() const {
  switch (protocol) {
    case Protocol::fastcgi:
      return "fastcgi_pass";
    case Protocol::uwsgi:
      return "uwsgi_pass";
    case Protocol::scgi:
      return "scgi_pass";
    case Protocol::grpc:
      return "grpc_pass";
    case Protocol::memcached:
      return "memcached_pass";
    case Protocol::none:
    case Protocol::http:
      break;
  }
  return "proxy_pass";
}

std::vector<Target> targets_of(const Site& site) {
  std::vector<Target> targets;
  std::set<std::tuple<const nginx_conf::Group*, Pass::Protocol, bool>> asked;
  for (const LocationRef ref : site.passing()) {
    const Pass& pass = site.pass(ref);
    const nginx_conf::Group* group = site.group(ref);
    if (group == nullptr) {
      targets.push_back(undecided(site, ref, pass));
      continue;
    }
    if (!asked.emplace(group, pass.protocol, pass.tls).second) continue;
    std::set<std::string_view> addresses;
    for (const auto& server : group->servers) {
      if (!addresses.insert(server.address).second) continue;
      Target target = common_of(site, ref, pass);
      target.group = group->name;
      target.in_block = group->is_block;
      target.address = server.address;
      target.position = server.position;
      target.down = server.has("down");
      target.at_start = !server.has("resolve") && (group->is_block || !pass.variables);
      target.has_resolver |= group->settings.contains("resolver");
      set_address(target, default_port(pass, group->is_block));
      targets.push_back(std::move(target));
    }
  }
  return targets;
}

std::string file_of(const Site& site, std::string_view name) {
  if (name.starts_with('/')) return std::string(name);
  return (std::filesystem::path(site.file).parent_path() / name).string();
}

}  // namespace badgate::harness::check
