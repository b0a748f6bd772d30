#include "harness/change/config_nginx.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "harness/nginx_conf/site.h"

namespace badgate::harness::change {
namespace {

using nginx_conf::LocationRef;
using nginx_conf::Site;
using Spoken = nginx_conf::Pass::Protocol;

std::string where(const Position& position) {
  return fmt::format("{}:{}", position.file, position.line);
}

void add(const nginx_conf::Settings& settings, std::string_view prefix, Route& into) {
  for (const auto& [name, setting] : settings) {
    if (!setting.is_default())
      into.said.push_back({fmt::format("{}{}", prefix, name), setting.value, where(setting.from)});
  }
}

// What all servers of the group have in common.
void add_parameter(const nginx_conf::Group& group, const char* name, Route& into) {
  const auto value_of = [&](const nginx_conf::UpstreamServer& server) {
    const auto at = server.parameters.find(name);
    return at != server.parameters.end() ? std::optional(at->second) : std::nullopt;
  };
  const auto& first = group.servers.front();
  const auto value = value_of(first);
  const bool common = std::ranges::all_of(
      group.servers, [&](const auto& server) { return value_of(server) == value; });
  if (common && value)
    into.said.push_back({fmt::format("server.{}", name), *value, where(first.position)});
}

Route route_of(const Site& site, LocationRef ref) {
  Route route;
  route.name = site.server(ref).title() + " " + site.location(ref).title();
  add(site.main, "", route);
  add(site.settings(ref), "", route);
  const auto protocol = site.pass(ref).protocol;
  route.protocol = protocol == Spoken::http      ? Protocol::http
                   : protocol == Spoken::fastcgi ? Protocol::fastcgi
                                                 : Protocol::other;
  const nginx_conf::Group* group = site.group(ref);
  if (group == nullptr || group->servers.empty()) return route;
  add(group->settings, "group.", route);
  route.servers = group->servers.size();
  for (const char* name : {"max_fails", "max_conns", "fail_timeout"})
    add_parameter(*group, name, route);
  return route;
}

}  // namespace

Config read_nginx(const std::string& path) {
  return config_of(nginx_conf::read(path));
}

Config config_of(const nginx_conf::Tree& tree) {
  Config config;
  config.file = tree.file;
  config.diagnostics = tree.diagnostics;
  if (!tree.ok()) return config;
  const Site site = nginx_conf::site_of(tree);
  for (const LocationRef ref : site.passing())
    config.routes.push_back(route_of(site, ref));
  return config;
}

}  // namespace badgate::harness::change
