// UpstreamSsl: what a location's proxy_ssl_… directives come to: the context of its TLS connections
// to servers, and the name that these have to have (ngx_http_proxy_set_ssl,
// ngx_http_upstream_ssl_name).
#pragma once

#include <string>

#include "net/connection.h"
#include "net/result.h"
#include "net/tls_context.h"
#include "proxy/settings.h"
#include "proxy/versions.h"

namespace badgate::proxy {

class UpstreamSsl {
 public:
  // The Error is nginx's message, of a file that cannot be used.
  static net::Result<UpstreamSsl> create(const Location& location, const Rules& rules);

  // Makes `connection` speak TLS. `host`: that of proxy_pass, which is the name to be told and
  // verified where proxy_ssl_name says none.
  net::Tls& start(net::Connection& connection, const std::string& host) const;
  bool reuses_sessions() const { return session_reuse_; }

  // Why the server is not trusted after the handshake, in nginx's words; empty: it is, or nobody
  // asked (ngx_http_upstream_ssl_handshake).
  std::string objection(const net::Tls& tls, const std::string& host) const;

 private:
  std::string name_for(const std::string& host) const;
  explicit UpstreamSsl(net::TlsContext context) : context_(std::move(context)) {}

  net::TlsContext context_;
  std::string name_;  // proxy_ssl_name
  bool tells_name_ = false;
  bool verify_ = false;
  bool session_reuse_ = true;
};

}  // namespace badgate::proxy
