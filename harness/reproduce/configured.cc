#include "harness/reproduce/configured.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "harness/evidence/uri.h"
#include "harness/nginx_conf/locate.h"
#include "harness/nginx_conf/to_scenario.h"
#include "harness/printable.h"
#include "harness/reproduce/identity.h"
#include "harness/toml_text.h"

namespace badgate::harness::reproduce {
namespace {

using evidence::Evidence;
using nginx_conf::LocationRef;
using nginx_conf::Site;

std::string_view without_port(std::string_view host) {
  const auto colon = host.rfind(':');
  return colon == host.npos || host.ends_with(']') ? host : host.substr(0, colon);
}

// "10.0.0.1:80" and "10.0.0.1" are the same to http.
bool same_address(std::string_view configured, std::string_view logged) {
  if (configured == logged) return true;
  const auto trimmed = [](std::string_view address) {
    return address.ends_with(":80") ? address.substr(0, address.size() - 3) : address;
  };
  return trimmed(configured) == trimmed(logged);
}

bool has_server(const nginx_conf::Group& group, const Evidence& line) {
  if (group.name == line.upstream_address) return true;
  return std::ranges::any_of(group.servers, [&](const nginx_conf::UpstreamServer& server) {
    return same_address(server.address, line.upstream_address);
  });
}

// "server: " is the first of the server's names; a server without any has an empty one.
bool is_named(const nginx_conf::Server& server, const std::string& name) {
  return name.empty() ? server.names.empty() || server.names.front().empty()
                      : !server.names.empty() && server.names.front() == name;
}

// More is likelier to be meant.
int score_of(const Site& site, LocationRef ref, const Evidence& line) {
  int score = 0;
  if (is_named(site.server(ref), line.server)) score += 4;
  const auto& pass = site.pass(ref);
  if (!pass) return score;
  score += 2;
  if (const auto* group = site.group(ref)) {
    if (!line.upstream_address.empty() && has_server(*group, line)) score += 2;
  }
  const auto scheme = pass.protocol == nginx_conf::Pass::Protocol::fastcgi ? "fastcgi"
                      : pass.tls                                           ? "https"
                                                                           : "http";
  if (line.upstream_scheme == scheme) score += 1;
  return score;
}

std::string origin(const Position& from) {
  return from.line == 0 ? std::string() : fmt::format("{}:{}", printable(from.file), from.line);
}

std::vector<Directive> directives_of(const std::vector<nginx_conf::Line>& lines) {
  std::vector<Directive> out;
  for (const nginx_conf::Line& line : lines)
    out.push_back({line.key, line.value, origin(line.from)});
  return out;
}

std::string table(const std::string& header, const std::vector<nginx_conf::Line>& lines) {
  std::string out = header + "\n";
  for (const Directive& d : directives_of(lines)) {
    out += fmt::format("{} = {}", d.name, d.value);
    out += d.comment.empty() ? "\n" : fmt::format("  # {}\n", d.comment);
  }
  return out + "\n";
}

// Whether [proxy.location.PATTERN] is for the path: "/api/", "= /login".
bool leads_to(std::string_view pattern, std::string_view path) {
  return pattern.starts_with("= ") ? pattern.substr(2) == path : path.starts_with(pattern);
}

void take_groups(const nginx_conf::Skeleton& skeleton, Configured& out) {
  for (std::size_t i = 0; i < skeleton.groups.size(); ++i) {
    const auto& group = skeleton.groups[i];
    const auto group_table =
        group.lines.empty() ? std::string()
                            : table(fmt::format("[group.{}]", toml_key(group.name)), group.lines);
    if (i > 0) {
      out.other_groups += group_table;
      for (const auto& server : group.servers)
        out.other_groups += table(
            fmt::format("[[upstream.{}]]  # {}", toml_key(group.name), printable(server.address)),
            server.lines);
      continue;
    }
    out.group = group.name;
    out.of_group = directives_of(group.lines);
    for (const auto& server : group.servers)
      out.servers.push_back({server.address, directives_of(server.lines)});
  }
}

}  // namespace

std::optional<LocationRef> place_of(const Site& site, const Evidence& line) {
  std::vector<LocationRef> found;
  const auto by_host = nginx_conf::find_server(site, without_port(line.host));
  for (std::size_t i = 0; i < site.servers.size(); ++i) {
    if (!is_named(site.servers[i], line.server) && by_host != i) continue;
    const auto path = line.uri.empty() ? std::string_view("/") : evidence::path_of(line.uri);
    if (const auto location = nginx_conf::find_location(site.servers[i], path))
      found.push_back({i, *location});
  }
  const auto best = std::ranges::max_element(
      found, {}, [&](LocationRef ref) { return score_of(site, ref, line); });
  if (best != found.end() && site.pass(*best)) return *best;
  // An internal redirect may have led there: whoever passes to that upstream.
  for (const LocationRef ref : site.passing()) {
    const auto* group = site.group(ref);
    if (group != nullptr && !line.upstream_address.empty() && has_server(*group, line)) return ref;
  }
  return best == found.end() ? std::nullopt : std::optional(*best);
}

net::Result<Configured> configured_by(const Site& site, const Evidence& line) {
  const auto place = place_of(site, line);
  if (!place)
    return net::fail(fmt::format("no location of {} is for \"{}\" of server \"{}\"", site.file,
                                 line.uri.empty() ? "/" : line.uri, line.server));
  const auto skeleton = nginx_conf::skeleton_of(site, *place);
  if (!skeleton) return tl::unexpected(skeleton.error());
  Configured out;
  out.file = site.file;
  const auto& location = site.location(*place);
  out.where = fmt::format("{} ({})", location.title(), origin(location.position));
  out.directives = directives_of(skeleton->proxy);
  for (const auto& inner : skeleton->locations) {
    out.locations +=
        table(fmt::format("[proxy.location.{}]", toml_string(inner.path)), inner.lines);
    if (!leads_to(inner.path, evidence::path_of(line.uri))) continue;
    out.location = inner.path;
    out.of_location = directives_of(inner.lines);
  }
  take_groups(*skeleton, out);
  for (const auto& left_out : skeleton->left_out) {
    if (left_out.matters) out.left_out.push_back(left_out.directive);
  }
  return out;
}

}  // namespace badgate::harness::reproduce
