#include "harness/change/config_nginx.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "harness/change/setting.h"
#include "harness/nginx_conf/site.h"

namespace badgate::harness::change {
namespace {

using nginx_conf::LocationRef;
using nginx_conf::Site;
using Spoken = nginx_conf::Pass::Protocol;

std::string where(const Position& position) {
  return fmt::format("{}:{}", position.file, position.line);
}

// Far more than nginx has beside those of badgate's proxy. A file of many servers and of as many
// words that are no directives would need the product of both.
constexpr std::size_t kMostUnknown = 256;

// What can be laid over scenarios, and of the rest, which is only told, so many of a location.
class Sayings {
 public:
  Sayings(Route& into, std::string_view prefix) : into_(into), prefix_(prefix) {}

  void add(std::string_view name, const nginx_conf::Setting& setting) {
    if (setting.is_default()) return;
    std::string full = fmt::format("{}{}", prefix_, name);
    if (!is_known(full) && ++unknown_ > kMostUnknown) return;
    into_.said.push_back({std::move(full), setting.value, where(setting.from)});
  }

 private:
  Route& into_;
  std::string_view prefix_;
  std::size_t unknown_ = 0;
};

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
  Sayings main(route, "");
  for (const auto& [name, setting] : site.main)
    main.add(name, setting);
  Sayings own(route, "");
  for (const auto& [name, setting] : site.settings(ref))
    own.add(name, *setting);
  const auto protocol = site.pass(ref).protocol;
  route.protocol = protocol == Spoken::http      ? Protocol::http
                   : protocol == Spoken::fastcgi ? Protocol::fastcgi
                                                 : Protocol::other;
  const nginx_conf::Group* group = site.group(ref);
  if (group == nullptr || group->servers.empty()) return route;
  Sayings of_group(route, "group.");
  for (const auto& [name, setting] : group->settings)
    of_group.add(name, setting);
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
