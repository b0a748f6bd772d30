#include "proxy/directives.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "net/text.h"
#include "proxy/access_log.h"
#include "proxy/directive_values.h"
#include "proxy/error_log.h"
#include "proxy/fastcgi_directives.h"
#include "proxy/health_check.h"
#include "proxy/location_directives.h"
#include "proxy/pass_directives.h"
#include "proxy/server_directives.h"
#include "proxy/ssl_directives.h"
#include "proxy/upstream_server.h"
#include "proxy/versions.h"

namespace badgate::proxy {
namespace {

using net::Result;
using Text = std::string_view;

Result<void> set_error_log_level(Settings& into, Text text) {
  return store(into.error_log_level, parse_level(text));
}

Result<void> set_log_format(Settings& into, Text text) {
  if (text.empty() || text.find_first_of("\r\n") != text.npos)
    return net::fail("expected a text of one line with $variables");
  const auto format = LogFormat::compile(text);
  if (!format) return tl::unexpected(format.error());
  into.log_format = std::string(text);
  return {};
}

Result<void> set_nginx_version(Settings& into, Text text) {
  constexpr int oldest = 1'022'000;
  constexpr int newest = 1'031'999;
  const auto number = version_number(text);
  if (!number) return net::fail(fmt::format("\"{}\" is not a version; write it as 1.28.0", text));
  if (*number < oldest || *number > newest) {
    return net::fail(
        fmt::format("\"{}\" is not a version that badgate knows: 1.22.0 to 1.31.x", text));
  }
  into.nginx_version = std::string(text);
  return {};
}

Result<void> set_weight(Server& into, Text text) {
  const auto weight = parse_count(text);
  if (!weight || *weight == 0)
    return net::fail(fmt::format("\"{}\" is no weight; expected 1 or more", text));
  into.weight = *weight;
  return {};
}

// nginx counts fail_timeout in whole seconds.
Result<void> set_fail_timeout(Server& into, Text text) {
  const auto time = parse_time(text);
  if (!time) return tl::unexpected(time.error());
  if (*time % std::chrono::seconds(1) != net::Duration::zero())
    return net::fail(fmt::format("\"{}\" is not a time in whole seconds; write it as 10s", text));
  into.fail_timeout = *time;
  return {};
}

// One a line, each a server more.
Result<void> add_servers(Upstream& into, Text text) {
  for (const Text line : lines_of(text)) {
    auto server = parse_server(line);
    if (!server) return tl::unexpected(server.error());
    into.servers.push_back(std::move(*server));
  }
  return {};
}

using S = Settings;

constexpr std::array kMain{
    net::Field<S>{"limit_req_zone", "key zone=name:size rate=number(r/s | r/m), or a list of them",
                  "", "How many requests a second each value of the key may make.",
                  set_parsed<&S::limit_req_zone, parse_limit_req_zone>, true},
    net::Field<S>{"limit_conn_zone", "key zone=name:size, or a list of them", "",
                  "By what limit_conn counts.",
                  set_parsed<&S::limit_conn_zone, parse_limit_conn_zone>, true},
    net::Field<S>{"error_log_level", "debug | info | notice | warn | error | crit | alert | emerg",
                  "error",
                  "The least severe lines in the error log; nginx's second word of error_log.",
                  set_error_log_level},
    net::Field<S>{"worker_connections", "number", "0",
                  "How many connections, of clients and to servers, there may be at a time; 0: no "
                  "limit (nginx: 512).",
                  set_count<&S::worker_connections>},
    net::Field<S>{"worker_rlimit_nofile", "number", "0",
                  "How many descriptors the worker may have open; 0: no limit.",
                  set_count<&S::worker_rlimit_nofile>},
    net::Field<S>{"worker_shutdown_timeout", "time", "0",
                  "How long requests go on with the old settings after a reload; 0: to their end.",
                  set_time<&S::worker_shutdown_timeout>},
    net::Field<S>{"log_format", "text", LogFormat::default_text(),
                  "An access-log line, with $variables.", set_log_format},
    net::Field<S>{"nginx_version", "X.Y.Z", "1.28.0",
                  "As which nginx the proxy behaves and introduces itself.", set_nginx_version},
};

template <typename T, std::size_t... sizes>
constexpr auto joined(const std::array<net::Field<T>, sizes>&... lists) {
  std::array<net::Field<T>, (sizes + ...)> out{};
  auto at = out.begin();
  ((at = std::copy(lists.begin(), lists.end(), at)), ...);
  return out;
}

// What a location has, and every context above it.
template <typename T>
constexpr auto kOfLocations = joined(kLocationFields<T>, kPassFields<T, &Location::proxy, "proxy_">,
                                     kProxySslFields<T>, kFastcgiFields<T>,
                                     kPassFields<T, &Location::fastcgi, "fastcgi_">);

constexpr auto kSettings = joined(kServerFields<S>, kSslFields<S>, kOfLocations<S>, kMain);
constexpr auto kLocation = joined(kLocationOnly, kOfLocations<Location>);
constexpr auto kVirtualServer =
    joined(kServerFields<VirtualServer>, kSslFields<VirtualServer>, kOfLocations<VirtualServer>);

constexpr std::array kUpstream{
    net::Field<Upstream>{"keepalive", "number", "0 (32 since nginx 1.29.7)",
                         "How many idle connections to its servers are kept; 0: none.",
                         set_count<&Upstream::keepalive>},
    net::Field<Upstream>{"keepalive_requests", "number", "1000",
                         "How many requests a kept connection may carry.",
                         set_count<&Upstream::keepalive_requests>},
    net::Field<Upstream>{"keepalive_time", "time", "1h", "How old a connection may be to be kept.",
                         set_time<&Upstream::keepalive_time>},
    net::Field<Upstream>{"keepalive_timeout", "time", "60s",
                         "How long a kept connection may be idle.",
                         set_time<&Upstream::keepalive_timeout>},
    net::Field<Upstream>{"health_check",
                         "[interval=5s] [fails=1] [passes=1] [uri=/] [port=N] [status=200-399] "
                         "[mandatory]",
                         "",
                         "Its servers are asked for their health at intervals, as nginx's "
                         "commercial version does in a location.",
                         [](Upstream& into, Text text) {
                           return store(into.health_check, parse_health_check(text));
                         }},
    net::Field<Upstream>{"server", "address [parameters] [resolve], or a list of them", "",
                         "A server that is none of the scenario's own, such as a host's name and "
                         "port: looked up once, at start, or with `resolve` while the proxy runs.",
                         add_servers, true},
    net::Field<Upstream>{
        "zone", "name [size]", "", "The shared memory that servers with `resolve` need.",
        [](Upstream& into, Text text) { return store(into.zone, parse_upstream_zone(text)); }},
    net::Field<Upstream>{
        "resolver", "address … [valid=time] [ipv4=off] [ipv6=off]", "",
        "The name servers for servers with `resolve`; else those of [proxy].",
        [](Upstream& into, Text text) { return store(into.resolver, parse_resolver(text)); }},
    net::Field<Upstream>{"resolver_timeout", "time", "30s",
                         "How long a name may take to be resolved; else that of [proxy].",
                         set_time<&Upstream::resolver_timeout>},
};

constexpr std::array kServer{
    net::Field<Server>{"weight", "number", "1", "Its share of the requests.", set_weight},
    net::Field<Server>{"max_conns", "number", "0",
                       "How many requests it may have at a time; 0: no limit.",
                       set_count<&Server::max_conns>},
    net::Field<Server>{"max_fails", "number", "1",
                       "After how many failures within fail_timeout it is left out; 0: never.",
                       set_count<&Server::max_fails>},
    net::Field<Server>{"fail_timeout", "time in whole seconds", "10s",
                       "In which time failures add up, and how long it is left out.",
                       set_fail_timeout},
    net::Field<Server>{"backup", "on | off", "off", "Asked only when the others are left out.",
                       set_flag<&Server::backup>},
    net::Field<Server>{"down", "on | off", "off", "Never asked.", set_flag<&Server::down>},
};

}  // namespace

// ngx_http_core_location
net::Result<void> set_location_path(Location& into, std::string_view text) {
  const auto words = words_of(text);
  const bool exact = text.starts_with('=');
  if (text.starts_with('~'))
    return net::fail("locations given by regular expressions are not supported");
  if (exact && words.size() == 1) {
    into.path = std::string(text.substr(1));
  } else if (words.size() == 1) {
    into.path = std::string(words.back());
  } else if (words.size() == 2 && (words.front() == "=" || words.front() == "^~")) {
    into.path = std::string(words.back());
  } else {
    return net::fail(fmt::format("invalid location \"{}\"", text));
  }
  const bool named = words.size() == 1 && into.path.starts_with('@');
  into.match = exact   ? Location::Match::exact
               : named ? Location::Match::named
                       : Location::Match::prefix;
  if (named) return {};
  if (!into.path.starts_with('/'))
    return net::fail(fmt::format("the location \"{}\" does not begin with a slash", into.path));
  return {};
}

std::span<const net::Field<Settings>> settings_fields() {
  return kSettings;
}
std::span<const net::Field<VirtualServer>> virtual_server_fields() {
  return kVirtualServer;
}
std::span<const net::Field<Location>> location_only_fields() {
  return kLocationOnly;
}
std::span<const net::Field<Location>> location_fields() {
  return kLocation;
}
std::span<const net::Field<Upstream>> upstream_fields() {
  return kUpstream;
}
std::span<const net::Field<Server>> server_fields() {
  return kServer;
}

}  // namespace badgate::proxy
