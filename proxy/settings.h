// Settings: what an nginx configuration says, by nginx's contexts and with nginx's names and
// defaults. A location starts from the values of its server, a server from those of the top. Plain
// data; directives.h reads it from text.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "net/address.h"
#include "net/rng.h"
#include "net/time.h"
#include "net/tls_context.h"
#include "proxy/logs.h"
#include "proxy/reason.h"
#include "proxy/resolver_settings.h"

namespace badgate::proxy {

using namespace std::chrono_literals;

// One `server` line of an `upstream` block (ngx_http_upstream_module.c).
struct Server {
  net::Address address;
  unsigned weight = 1;
  unsigned max_conns = 0;  // 0: no limit
  unsigned max_fails = 1;  // 0: failures are not counted
  net::Duration fail_timeout = 10s;
  bool backup = false;
  bool down = false;
  std::string host{};       // where it was written as a name: "app.internal"; else empty
  std::uint16_t port = 80;  // of that
  // The name is resolved while the proxy runs; `address` says nothing then.
  bool resolve = false;
};

// `zone` of an upstream block.
struct UpstreamZone {
  std::string name;
  std::uint64_t size = 0;  // 0: as another block says
};

// health_check, with the status of its `match` block beside it.
struct HealthCheck {
  net::Duration interval = 5s;
  unsigned fails = 1;   // in a row, until a server is unhealthy
  unsigned passes = 1;  // in a row, until it is healthy again
  std::string uri = "/";
  std::uint16_t port = 0;  // 0: the server's
  int status_from = 200;
  int status_to = 399;
  bool mandatory = false;  // a server is asked nothing before it has passed
};

struct Upstream {
  std::string name;
  std::vector<Server> servers;
  // The keepalive pool: how many idle connections it holds; 0: none is kept. Nothing: the
  // version's default, see kept_connections in versions.h.
  std::optional<unsigned> keepalive;
  unsigned keepalive_requests = 1000;
  net::Duration keepalive_time = 1h;
  net::Duration keepalive_timeout = 60s;
  std::optional<HealthCheck> health_check;
  std::optional<UpstreamZone> zone;
  std::optional<ResolverSettings> resolver;       // for servers with `resolve` …
  std::optional<net::Duration> resolver_timeout;  // … and else those of the top
};

struct Buffers {
  unsigned number = 8;
  std::size_t size = 4096;
};

// A header as it is configured, and its value with $variables.
struct HeaderSetting {
  std::string name;
  std::string value;
  bool always = false;  // of add_header: with every status
};

// One `error_page`.
struct ErrorPageSetting {
  std::vector<int> statuses;
  int overwrite = -1;  // "=200": 200; "=": 0, the new response's own; -1: not said
  std::string uri;     // "/page", "@name", "http://elsewhere/"; with $variables
};

// `return`.
struct ReturnSetting {
  int status = 0;  // 0: there is none
  std::string text;
};

// `limit_req` and `limit_conn`: by which zone, and how much.
struct LimitReq {
  static constexpr unsigned no_delay = 1'000'000'000;
  std::string zone;
  unsigned burst = 0;
  unsigned delay = 0;  // so many requests of the burst do not wait
};
struct LimitConn {
  std::string zone;
  unsigned most = 0;
};

// `limit_req_zone` and `limit_conn_zone`.
struct LimitZone {
  std::string key;
  std::string name;
  std::uint64_t size = 0;
  unsigned rate = 1000;  // thousandths of a request a second

  bool operator==(const LimitZone&) const = default;
};

// `set $name value`, without the "$"; the value may have variables.
struct SetVariable {
  std::string name;
  std::string value;
};

// Names and their addresses, whose ports do not matter.
using Hosts = std::map<std::string, std::vector<net::Address>, std::less<>>;

// What proxy_pass and fastcgi_pass both have, each under its own name: proxy_read_timeout,
// fastcgi_read_timeout (ngx_http_upstream_conf_t).
struct PassSettings {
  net::Duration connect_timeout = 60s;
  net::Duration send_timeout = 60s;
  net::Duration read_timeout = 60s;
  ReasonSet next_upstream = default_next_upstream;
  unsigned next_upstream_tries = 0;          // 0: no limit
  net::Duration next_upstream_timeout = 0s;  // 0: no limit
  std::size_t buffer_size = 4096;
  Buffers buffers;
  std::size_t busy_buffers_size = 0;  // 0: see busy_buffers_size in directives.h
  std::uint64_t max_temp_file_size = std::uint64_t{1} << 30;  // 0: no temporary file
  std::string temp_path;  // a folder; empty: the system's for temporary files
  bool buffering = true;
  bool request_buffering = true;
  bool ignore_client_abort = false;
  bool intercept_errors = false;
  bool pass_request_headers = true;
  bool pass_request_body = true;
  std::vector<std::string> hide_header;
  std::vector<std::string> pass_header;
  std::vector<std::string> ignore_headers;  // words that nginx knows
  std::optional<net::Address> bind;         // its port is 0
};

// One `fastcgi_param`.
struct FastcgiParam {
  std::string name;
  std::string value;          // with $variables
  bool if_not_empty = false;  // an empty one is not sent
};

// A `location` block: what may differ from request to request by the request's path.
struct Location {
  enum class Match : std::uint8_t { prefix, exact, named };
  Match match = Match::prefix;  // "= /path" is an exact one, "@name" a named one
  std::string path = "/";

  // "http://NAME" or "https://NAME", with or without a "/uri"; NAME is an Upstream's, or
  // ADDRESS:PORT, or a host's and a port. With variables, and with a host's name then, it is worked
  // out for each request.
  std::string proxy_pass;
  ResolverSettings resolver;
  net::Duration resolver_timeout = 30s;
  std::vector<SetVariable> set;  // in order, those of the server first

  PassSettings proxy;
  // "1.0", "1.1". Empty: the version's default, see upstream_http_version in versions.h.
  std::string proxy_http_version;
  std::string proxy_method;                     // empty: the client's
  std::vector<HeaderSetting> proxy_set_header;  // an empty value: the header is not sent
  std::vector<HeaderSetting> add_header;

  // The name of an Upstream, ADDRESS:PORT, a host's and a port, or "unix:/path"; with variables as
  // above. Either this or proxy_pass is set, or neither.
  std::string fastcgi_pass;
  PassSettings fastcgi;
  bool fastcgi_keep_conn = false;
  std::string fastcgi_index;                      // what follows a path that ends with a slash
  std::string fastcgi_split_path_info;            // a regular expression with two captures
  std::vector<std::string> fastcgi_catch_stderr;  // a response whose stderr has it is refused
  std::vector<FastcgiParam> fastcgi_param;        // also those of `include`
  std::vector<FastcgiParam> outer_fastcgi_param;  // the server's, where there are none above
  std::string root = "/usr/share/nginx/html";     // $document_root

  bool internal = false;   // for redirects inside of the proxy alone
  ReturnSetting returned;  // `return`
  std::vector<ErrorPageSetting> error_page;
  bool recursive_error_pages = false;

  std::vector<LimitReq> limit_req;
  int limit_req_status = 503;
  Level limit_req_log_level = Level::error;
  std::vector<LimitConn> limit_conn;
  int limit_conn_status = 503;
  Level limit_conn_log_level = Level::error;

  bool proxy_ssl_server_name = false;  // whether the name is told (SNI)
  std::string proxy_ssl_name;          // empty: NAME of proxy_pass
  bool proxy_ssl_verify = false;
  unsigned proxy_ssl_verify_depth = 1;
  std::string proxy_ssl_trusted_certificate;  // files
  std::string proxy_ssl_certificate;
  std::string proxy_ssl_certificate_key;
  net::TlsProtocols proxy_ssl_protocols = 0;  // 0: the version's default, see versions.h
  std::string proxy_ssl_ciphers = "DEFAULT";
  bool proxy_ssl_session_reuse = true;

  std::size_t client_body_buffer_size = 8192;
  std::string client_body_temp_path;  // a folder; empty: the system's for temporary files
  std::uint64_t client_max_body_size = 1 << 20;  // 0: no limit
  net::Duration client_body_timeout = 60s;
  net::Duration send_timeout = 60s;
  net::Duration keepalive_timeout = 75s;
  unsigned keepalive_requests = 1000;

  // The directives of the protocol that its servers speak, proxy_… or fastcgi_….
  const PassSettings& pass_settings() const { return fastcgi_pass.empty() ? proxy : fastcgi; }
  const std::string& pass_text() const { return fastcgi_pass.empty() ? proxy_pass : fastcgi_pass; }
  const std::vector<FastcgiParam>& fastcgi_params_in_force() const {
    return fastcgi_param.empty() ? outer_fastcgi_param : fastcgi_param;
  }
};

// One `listen` directive.
struct Listen : net::Address {
  Listen() = default;
  Listen(net::Address address, bool speaks_ssl = false)
      : net::Address(std::move(address)), ssl(speaks_ssl) {}

  bool ssl = false;
};

// A `server` block: what may differ by the Host that a request names. Its own members as a Location
// are what its locations start from.
struct VirtualServer : Location {
  std::vector<Listen> listen;
  // "example.com", "*.example.com", "www.example.*", ".example.com"; the first is what the logs
  // call "server: …".
  std::vector<std::string> server_names;
  // Where none of them is "/", the server's own values are those of `location /`.
  std::vector<Location> locations;

  std::string ssl_certificate;  // files
  std::string ssl_certificate_key;
  net::TlsProtocols ssl_protocols = 0;  // 0: the version's default, see versions.h
  std::string ssl_ciphers = "HIGH:!aNULL:!MD5";

  std::size_t client_header_buffer_size = 1024;
  Buffers large_client_header_buffers{4, 8192};
  net::Duration client_header_timeout = 60s;

  // $server_name.
  const std::string& server_name() const {
    static const std::string none;
    return server_names.empty() ? none : server_names.front();
  }
};

// The whole: the first server, which is the default one of its addresses, and what is above it.
struct Settings : VirtualServer {
  std::vector<Upstream> upstreams;
  std::vector<VirtualServer> servers;  // further ones
  // What the machine knows without a resolver (/etc/hosts, its own DNS): asked once, at start, for
  // names that are written literally.
  Hosts hosts;
  net::Rng rng{1};  // where chance has a part: query ids, the order of a name's addresses

  std::vector<LimitZone> limit_req_zone;
  std::vector<LimitZone> limit_conn_zone;

  unsigned worker_connections = 0;             // 0: no limit
  unsigned worker_rlimit_nofile = 0;           // 0: no limit
  net::Duration worker_shutdown_timeout = 0s;  // 0: no limit
  Level error_log_level = Level::error;
  std::string log_format;  // empty: LogFormat::default_text()

  std::string nginx_version = "1.28.0";
};

}  // namespace badgate::proxy
