#include "harness/nginx_conf/site.h"

#include <algorithm>
#include <array>

#include "net/address.h"
#include "proxy/directives.h"

namespace badgate::harness::nginx_conf {
namespace {

// What a block inside does not have from the one around it.
bool is_inherited(std::string_view directive) {
  constexpr std::array<std::string_view, 16> kOwn{
      "proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass",   "grpc_pass", "memcached_pass",
      "return",     "rewrite",      "set",        "break",       "internal",  "try_files",
      "empty_gif",  "stub_status",  "listen",     "server_name",
  };
  return std::find(kOwn.begin(), kOwn.end(), directive) == kOwn.end();
}

const Setting* find_in(const Settings& settings, std::string_view directive) {
  const auto at = settings.find(directive);
  return at != settings.end() ? &at->second : nullptr;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find(' '));
}

}  // namespace

std::string UpstreamServer::host() const {
  if (is_unix()) return address;
  const auto bracket = address.find(']');
  const auto colon = address.find(':', bracket == address.npos ? 0 : bracket);
  return address.substr(0, colon);
}

bool UpstreamServer::is_name() const {
  if (is_unix()) return false;
  const std::string name = host();
  return !name.starts_with('[') && name.find_first_not_of("0123456789.") != name.npos;
}

std::string_view Pass::prefix() const {
  constexpr std::array<std::string_view, 7> kPrefixes{"",      "proxy_", "fastcgi_",  "uwsgi_",
                                                      "scgi_", "grpc_",  "memcached_"};
  return kPrefixes[static_cast<std::size_t>(protocol)];
}

std::string Location::title() const {
  if (kind == Kind::if_block) return "if " + pattern;
  if (kind == Kind::limit_except) return "limit_except " + pattern;
  return "location " + (modifier.empty() ? "" : modifier + " ") + pattern;
}

bool Server::tls() const {
  return std::ranges::any_of(listen, &Listen::tls);
}

std::string Server::title() const {
  for (const std::string& name : names) {
    if (!name.empty() && name != "_") return name;
  }
  if (listen.empty()) return "*:80";
  const std::string& address = listen.front().address;
  return is_number(address) ? "*:" + address : address;
}

const Setting* Site::find(const Server& server, std::string_view directive) const {
  if (const Setting* own = find_in(server.settings, directive)) return own;
  return is_inherited(directive) ? find_in(http, directive) : nullptr;
}

const Setting* Site::find(LocationRef ref, std::string_view directive) const {
  const bool inherited = is_inherited(directive);
  std::size_t at = ref.location;
  while (at != Location::none) {
    const Location& location = servers[ref.server].locations[at];
    if (const Setting* own = find_in(location.settings, directive)) return own;
    if (!inherited) return nullptr;
    at = location.parent;
  }
  return find(servers[ref.server], directive);
}

Setting Site::setting(LocationRef ref, std::string_view directive) const {
  if (const Setting* said = find(ref, directive)) return *said;
  Setting setting;
  setting.value = std::string(default_of(directive));
  return setting;
}

std::map<std::string_view, const Setting*> Site::settings(LocationRef ref) const {
  std::map<std::string_view, const Setting*> all;
  const auto add = [&](const Settings& settings, bool own) {
    for (const auto& [name, setting] : settings) {
      if (own || is_inherited(name)) all.emplace(name, &setting);
    }
  };
  std::size_t at = ref.location;
  while (at != Location::none) {
    const Location& location = servers[ref.server].locations[at];
    add(location.settings, at == ref.location);
    at = location.parent;
  }
  add(servers[ref.server].settings, false);
  add(http, false);
  return all;
}

const Pass& Site::pass(LocationRef ref) const {
  const Location* at = &location(ref);
  while (!at->pass && at->kind != Location::Kind::location && at->parent != Location::none)
    at = &servers[ref.server].locations[at->parent];
  return at->pass;
}

const Group* Site::group(LocationRef ref) const {
  const auto index = pass(ref).group;
  return index ? &groups[*index] : nullptr;
}

std::vector<LocationRef> Site::passing() const {
  std::vector<LocationRef> all;
  for (std::size_t s = 0; s < servers.size(); ++s) {
    for (std::size_t l = 0; l < servers[s].locations.size(); ++l) {
      if (servers[s].locations[l].pass) all.push_back({s, l});
    }
  }
  return all;
}

std::string_view default_of(std::string_view directive) {
  if (directive == "proxy_http_version") return first_word("1.0");
  if (directive == "ssl_protocols" || directive == "proxy_ssl_protocols") return "TLSv1.2 TLSv1.3";
  if (const auto* field = net::find_field(proxy::settings_fields(), directive))
    return field->fallback;
  if (const auto* field = net::find_field(proxy::upstream_fields(), directive))
    return first_word(field->fallback);
  if (const auto* field = net::find_field(proxy::server_fields(), directive))
    return field->fallback;
  return {};
}

}  // namespace badgate::harness::nginx_conf
