// Locate: which server and location of a configuration a request comes to.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "harness/nginx_conf/site.h"

namespace badgate::harness::nginx_conf {

// The server for a Host, without its port: its exact name, a wildcard, a regular expression, else
// the default server (ngx_http_find_virtual_server). Nothing: the site has none.
std::optional<std::size_t> find_server(const Site& site, std::string_view host);

// The location for a path without its query, or for "@name" (ngx_http_core_find_location): exact
// ones, the longest prefix, then regular expressions in order unless the prefix has "^~"; nested
// ones likewise. Nothing: no location is for it.
std::optional<std::size_t> find_location(const Server& server, std::string_view path);

// A path that the location itself matches: its prefix, "/index.php" for `~ \.php$`. "/" if none is
// found, and for "@name". An `if` has its location's.
std::string path_for(const Server& server, std::size_t location);

// Both. `uri` may have a query.
std::optional<LocationRef> locate(const Site& site, std::string_view host, std::string_view uri);

}  // namespace badgate::harness::nginx_conf
