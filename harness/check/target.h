// Target: one upstream address of a configuration, with all that nginx would do to reach it. Plain
// data, read off a Site; nothing is contacted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/nginx_conf/site.h"
#include "net/time.h"

namespace badgate::harness::check {

// How TLS is spoken to it (proxy_ssl_…), if it is.
struct TargetTls {
  bool verify = false;
  bool send_name = false;  // proxy_ssl_server_name
  std::string name;        // proxy_ssl_name
  std::string trusted;     // file; empty: none
  std::string protocols;   // "TLSv1.2 TLSv1.3"
  std::string ciphers;     // empty: OpenSSL's
  std::string certificate;
  std::string key;
};

struct Target {
  using Protocol = nginx_conf::Pass::Protocol;

  std::string group;  // "app"; the address itself if there is no `upstream` block
  bool in_block = false;
  std::string address;  // as written: "10.0.0.1:8080", "unix:/run/app.sock"
  Position position;
  Protocol protocol = Protocol::http;
  std::optional<TargetTls> tls;

  std::string path;  // of a unix socket; then there is no host
  std::string host;
  std::uint16_t port = 80;
  bool is_name = false;  // the host is looked up …
  bool at_start = true;  // … once, when nginx starts or is reloaded
  bool down = false;     // nginx never asks it
  bool has_resolver = false;
  bool undecided = false;  // a variable decides the address

  net::Duration connect_timeout{};
  net::Duration read_timeout{};
  Position read_timeout_from;  // line 0: nginx's default
  std::string http_host;       // the Host header that nginx sends
  std::string uri = "/";
  std::string used_by;  // "location /api/ of shop.example", of the first that passes to it

  bool speaks_http() const { return protocol == Protocol::http; }
  bool speaks_fastcgi() const { return protocol == Protocol::fastcgi; }
  // "proxy_pass", "fastcgi_pass"
  std::string directive() const;
};

// Each address once for each protocol that is spoken to it; a group that nobody passes to is left
// out.
std::vector<Target> targets_of(const nginx_conf::Site& site);

// A file named in the configuration, as nginx finds it: relative to the main file's folder.
std::string file_of(const nginx_conf::Site& site, std::string_view name);

}  // namespace badgate::harness::check
