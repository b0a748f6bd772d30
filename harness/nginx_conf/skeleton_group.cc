// A group of servers, as [group.NAME] and [[upstream.NAME]].
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "harness/nginx_conf/skeleton_parts.h"
#include "harness/toml_text.h"
#include "proxy/directives.h"

namespace badgate::harness::nginx_conf {
namespace {

constexpr std::size_t kMostServers = 64;

bool is_address(const std::string& name) {
  return name.empty() || name.starts_with("unix:") || name.front() == '[' ||
         name.find_first_not_of("0123456789.:") == name.npos;
}

void add_group_line(const std::string& name, const Setting& setting, SkeletonGroup& into,
                    std::vector<LeftOut>& left_out) {
  constexpr std::array<std::string_view, 4> kKept{"keepalive", "keepalive_requests",
                                                  "keepalive_time", "keepalive_timeout"};
  if (name == "zone" || name.starts_with("resolver")) return;
  if (std::find(kKept.begin(), kKept.end(), name) == kKept.end()) {
    left_out.push_back({name + (setting.value.empty() ? "" : " " + setting.value), setting.from,
                        "badgate's own proxy asks the servers in turn", true});
    return;
  }
  const std::string text = setting.value.substr(0, setting.value.find(' '));
  proxy::Upstream scratch;
  const auto* field = net::find_field(proxy::upstream_fields(), std::string_view(name));
  if (const auto ok = field->apply(scratch, text); ok)
    into.lines.push_back({name, toml_string(text), setting.from});
}

void add_parameters(const UpstreamServer& server, SkeletonServer& into,
                    std::vector<LeftOut>& left_out) {
  for (const auto& [name, value] : server.parameters) {
    const auto* field = net::find_field(proxy::server_fields(), std::string_view(name));
    const bool flag = name == "backup" || name == "down";
    proxy::Server scratch;
    if (field == nullptr || !field->apply(scratch, flag ? "on" : value)) {
      const bool is_resolve = name == "resolve";
      left_out.push_back(
          {fmt::format("server {} {}{}{}", server.address, name, value.empty() ? "" : "=", value),
           server.position,
           is_resolve ? "its name is played as one address that stays"
                      : "badgate's own proxy has nothing like it",
           true});
      continue;
    }
    into.lines.push_back({name, flag ? "true" : toml_string(value), server.position});
  }
}

// How the fake server must speak, so that the location can pass to it.
void add_protocol(const Site& site, LocationRef ref, SkeletonServer& into) {
  const Pass& pass = site.pass(ref);
  if (pass.protocol == Pass::Protocol::fastcgi)
    into.lines.push_back({"protocol", toml_string("fastcgi"), {}});
  if (!pass.tls) return;
  const Setting* name = site.find(ref, "proxy_ssl_name");
  const bool known = name != nullptr && name->value.find('$') == name->value.npos;
  into.lines.push_back(
      {"tls", known ? fmt::format("{{ names = {} }}", toml_string(name->value)) : "true", {}});
}

}  // namespace

std::string scenario_name(const Group& group) {
  if (is_address(group.name)) return "app";
  std::string name = group.name.substr(0, group.is_block ? group.name.npos : group.name.find(':'));
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_') c = '_';
  }
  return name;
}

SkeletonGroup group_of(const Site& site, LocationRef ref, const std::string& name,
                       std::vector<LeftOut>& left_out) {
  const Group& group = *site.group(ref);
  SkeletonGroup out;
  out.name = name;
  out.group = *site.pass(ref).group;
  for (const auto& [directive, setting] : group.settings)
    add_group_line(directive, setting, out, left_out);
  for (const UpstreamServer& server : group.servers) {
    if (out.servers.size() == kMostServers) {
      left_out.push_back({fmt::format("{} more servers", group.servers.size() - kMostServers),
                          server.position, "so many are not played", true});
      break;
    }
    SkeletonServer one;
    one.name = fmt::format("{}[{}]", name, out.servers.size());
    one.address = server.address;
    if (server.is_unix()) one.lines.push_back({"transport", toml_string("unix"), server.position});
    add_parameters(server, one, left_out);
    add_protocol(site, ref, one);
    out.servers.push_back(std::move(one));
  }
  return out;
}

}  // namespace badgate::harness::nginx_conf
