// Settings: what an nginx configuration says about one proxying server, with nginx's names and
// nginx's defaults. Plain data; directives.h reads it from text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "net/address.h"
#include "net/time.h"

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
};

struct Upstream {
  std::string name;
  std::vector<Server> servers;
  // The keepalive pool: how many idle connections it holds; 0: none is kept.
  unsigned keepalive = 0;
  unsigned keepalive_requests = 1000;
  net::Duration keepalive_time = 1h;
  net::Duration keepalive_timeout = 60s;
};

struct Buffers {
  unsigned number = 8;
  std::size_t size = 4096;
};

// Which failures make the proxy try the next server (proxy_next_upstream). A set of Reason bits.
using ReasonSet = std::uint32_t;

struct Settings {
  std::vector<net::Address> listen;
  std::string server_name;  // what the logs call "server: …"
  std::string proxy_pass;   // "http://NAME" or "http://NAME/uri"; NAME is an Upstream's
  std::vector<Upstream> upstreams;

  net::Duration proxy_connect_timeout = 60s;
  net::Duration proxy_send_timeout = 60s;
  net::Duration proxy_read_timeout = 60s;
  ReasonSet proxy_next_upstream = 0;       // directives.h fills in the default: error timeout
  unsigned proxy_next_upstream_tries = 0;  // 0: no limit
  net::Duration proxy_next_upstream_timeout = 0s;  // 0: no limit
  std::string proxy_http_version = "1.0";
  std::size_t proxy_buffer_size = 4096;
  Buffers proxy_buffers;
  bool proxy_buffering = true;
  bool proxy_request_buffering = true;
  bool proxy_ignore_client_abort = false;

  std::uint64_t client_max_body_size = 1 << 20;  // 0: no limit
  net::Duration client_header_timeout = 60s;
  net::Duration client_body_timeout = 60s;
  net::Duration send_timeout = 60s;
  net::Duration keepalive_timeout = 75s;
  unsigned keepalive_requests = 1000;

  std::string nginx_version = "1.28.0";
};

}  // namespace badgate::proxy
