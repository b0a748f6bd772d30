// Directives: reads Settings from text, under nginx's names and with nginx's rules. The loader of
// scenario files, `badgate proxy`, the reference and shell completion read the same tables.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/field.h"
#include "proxy/settings.h"

namespace badgate::proxy {

// Directives of the top: all there are beside those of the blocks below.
std::span<const net::Field<Settings>> settings_fields();
// … of a further server, and of a location.
std::span<const net::Field<VirtualServer>> virtual_server_fields();
std::span<const net::Field<Location>> location_fields();
// Those of a location that no context above has.
std::span<const net::Field<Location>> location_only_fields();
// Directives of an `upstream` block: `keepalive`, …
std::span<const net::Field<Upstream>> upstream_fields();
// Parameters of a `server` line: `weight`, …
std::span<const net::Field<Server>> server_fields();

// What each directive may be together with the others, as nginx checks it at start.
struct Contradiction {
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  std::string directive;   // the one to change
  std::string message;     // nginx's words
  std::string upstream{};  // the group that it concerns; empty: none
  // The block that it concerns: an index into Settings::servers, or none for the top; an index into
  // that one's locations, or none.
  std::size_t server = none;
  std::size_t location = none;
};
std::vector<Contradiction> check(const Settings& settings);

// What nginx warns of at start, in its words: names of servers that another one has already at the
// same address (ngx_http_server_names).
std::vector<std::string> warnings(const Settings& settings);
// Certificates, keys and lists of ciphers that cannot be used, in nginx's words. Reads the files.
std::vector<Contradiction> check_files(const Settings& settings);

// What a block starts from (ngx_http_merge_servers, ngx_http_merge_locations).
VirtualServer inherited_server(const Settings& settings);
Location inherited_location(const VirtualServer& server);
// The argument of a `location` directive: "/path/", "= /path". Stores into match and path.
net::Result<void> set_location_path(Location& into, std::string_view text);

// Whether a value is worked out for each request.
inline bool has_variables(std::string_view text) {
  return text.find('$') != text.npos;
}

// The addresses of a name that is written literally, IPv4 first (ngx_inet_resolve_host); none: it
// is not known. "localhost" is 127.0.0.1 and ::1, unless `hosts` says otherwise.
std::vector<net::Address> find_host(const Hosts& hosts, std::string_view name);

// proxy_busy_buffers_size, or FastCGI's, as nginx computes it where it is not set: twice the larger
// of proxy_buffer_size and one of proxy_buffers (ngx_http_proxy_merge_loc_conf).
std::size_t busy_buffers_size(const PassSettings& settings);

}  // namespace badgate::proxy
