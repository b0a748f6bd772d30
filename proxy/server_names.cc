#include "proxy/server_names.h"

#include <fmt/core.h>

#include <algorithm>

namespace badgate::proxy {
namespace {

// ngx_hash_add_key: no empty label, and a star only at one of the ends.
bool is_well_formed(std::string_view name) {
  const auto stars = std::count(name.begin(), name.end(), '*');
  const bool at_end = name.starts_with("*.") || name.ends_with(".*");
  return name.find("..") == name.npos && name.find('\0') == name.npos &&
         (stars == 0 || (stars == 1 && at_end));
}

}  // namespace

// ngx_http_core_server_name
net::Result<std::string> parse_server_name(std::string_view text) {
  if (text.starts_with('~'))
    return net::fail(fmt::format("regular expressions such as \"{}\" are not supported", text));
  const bool bare_star = text.starts_with('*') && (text.size() < 3 || text[1] != '.');
  if (bare_star || text == ".")
    return net::fail(fmt::format("server name \"{}\" is invalid", text));
  if (!is_well_formed(text))
    return net::fail(fmt::format("invalid server name or wildcard \"{}\"", text));
  std::string name(text);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return name;
}

bool ServerNames::add(const std::string& name, std::size_t server) {
  if (name.starts_with("*.")) return suffixes_.emplace(name.substr(1), server).second;
  if (name.ends_with(".*"))
    return prefixes_.emplace(name.substr(0, name.size() - 1), server).second;
  if (name.starts_with('.')) {
    // ".example.com" is both example.com and *.example.com.
    const bool exact = exact_.emplace(name.substr(1), server).second;
    return suffixes_.emplace(name, server).second && exact;
  }
  return exact_.emplace(name, server).second;
}

std::optional<std::size_t> ServerNames::find(std::string_view host) const {
  if (const auto found = exact_.find(host); found != exact_.end()) return found->second;
  if (!suffixes_.empty()) {
    for (auto dot = host.find('.'); dot != host.npos; dot = host.find('.', dot + 1)) {
      const auto found = suffixes_.find(host.substr(dot));
      if (found != suffixes_.end()) return found->second;
    }
  }
  if (!prefixes_.empty()) {
    for (auto dot = host.rfind('.'); dot != host.npos && dot > 0; dot = host.rfind('.', dot - 1)) {
      const auto found = prefixes_.find(host.substr(0, dot + 1));
      if (found != prefixes_.end()) return found->second;
    }
  }
  return std::nullopt;
}

}  // namespace badgate::proxy
