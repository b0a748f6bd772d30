// ProxyPass: what proxy_pass or fastcgi_pass says, as written or once its variables are known.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/address.h"
#include "net/result.h"

namespace badgate::proxy {

struct ProxyPass {
  enum class Protocol : std::uint8_t { http, fastcgi };
  Protocol protocol = Protocol::http;
  bool ssl = false;  // https
  std::string host;  // whom to ask: "app", "app.internal", "127.0.0.1", "[::1]", "unix:/path"
  std::uint16_t port = 80;
  bool no_port = true;                  // none is written
  std::optional<net::Address> address;  // with the port, if the host is one
  std::string host_header;              // the Host that is sent: $proxy_host
  std::optional<std::string> uri;  // replaces the location's path in front of every request's …
  bool whole_uri = false;          // … or all of the request's, where there are variables
  // Of Location headers that proxy_redirect default rewrites, and into what: the location's path.
  // Empty: they are left as they are.
  std::string redirect_prefix;
  std::string redirect_to;
};

// "http://HOST[:PORT][/uri]" or https, after ngx_http_proxy_pass and ngx_parse_url. The Error is in
// nginx's words, "no host in upstream …"; it does not say where the directive is.
net::Result<ProxyPass> parse_proxy_pass(std::string_view url);

// "HOST[:PORT]" or "unix:/path" of fastcgi_pass, after ngx_http_fastcgi_pass; the rest as above.
net::Result<ProxyPass> parse_fastcgi_pass(std::string_view text);

// "app.internal:8080" without its port; an Error as above, if what follows ':' is none.
struct HostPort {
  std::string host;
  std::uint16_t port = 80;
  bool no_port = true;
};
net::Result<HostPort> parse_host_port(std::string_view text);

// The same address with another port; a unix path stays as it is.
net::Address with_port(const net::Address& address, std::uint16_t port);

}  // namespace badgate::proxy
