// The `server` lines of an upstream block that name a host, and how the names become addresses.
#pragma once

#include <string_view>
#include <vector>

#include "net/result.h"
#include "proxy/settings.h"

namespace badgate::proxy {

// "app.internal:8080 resolve max_fails=2", "127.0.0.1:9000 backup": after ngx_http_upstream_server,
// with the Error in its words.
net::Result<Server> parse_server(std::string_view line);
// The arguments of `zone`: "app 64k" (ngx_http_upstream_zone).
net::Result<UpstreamZone> parse_upstream_zone(std::string_view text);

// The servers with an address each: a name without `resolve` is looked for in `hosts`, and stands
// for as many servers as it has addresses. The Error: "host not found in upstream …".
net::Result<std::vector<Server>> servers_at_start(const Upstream& upstream, const Hosts& hosts);

// What servers with `resolve` are resolved with.
const ResolverSettings& resolver_of(const Upstream& upstream, const Settings& settings);

}  // namespace badgate::proxy
