// Directives: reads Settings from text, under nginx's names and with nginx's rules. The loader of
// scenario files, `badgate proxy`, the reference and shell completion read the same tables.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "net/field.h"
#include "proxy/settings.h"

namespace badgate::proxy {

// Directives of the proxying server: `proxy_read_timeout`, `listen`, …
std::span<const net::Field<Settings>> settings_fields();
// Directives of an `upstream` block: `keepalive`, …
std::span<const net::Field<Upstream>> upstream_fields();
// Parameters of a `server` line: `weight`, …
std::span<const net::Field<Server>> server_fields();

// What each directive may be together with the others, as nginx checks it at start.
struct Contradiction {
  std::string directive;  // the one to change
  std::string message;    // nginx's words
  std::string upstream;   // the group that it concerns; empty: the proxy as a whole
};
std::vector<Contradiction> check(const Settings& settings);

// proxy_busy_buffers_size as nginx computes it where it is not set: twice the larger of
// proxy_buffer_size and one of proxy_buffers (ngx_http_proxy_merge_loc_conf).
std::size_t busy_buffers_size(const Settings& settings);

}  // namespace badgate::proxy
