// Every behaviour that differs between nginx versions, in one table. What a codec has to know is
// its own part of it: net::http1::ResponseRules.
#pragma once

#include <optional>
#include <string_view>

#include "net/http1_response.h"
#include "proxy/settings.h"

namespace badgate::proxy {

// "1.22.1" → 1022001, as nginx's own nginx_version. Nothing: not of the form X.Y.Z.
std::optional<int> version_number(std::string_view nginx_version);

struct Rules {
  int version = 1028000;

  // How responses are read: framing errors and duplicate headers (1.23.0), 103 (1.29.0).
  net::http1::ResponseRules response;
  // Since 1.23.0: $http_… and $sent_http_… join several headers of one name with ", ".
  bool join_headers = true;
  // Since 1.23.4: TLSv1.3 is spoken by default, and the last of OpenSSL's errors decides a line's
  // level. Since 1.27.3: TLSv1 and TLSv1.1 are not spoken by default.
  net::TlsProtocols ssl_protocols = net::tls_1_2 | net::tls_1_3;
  bool ssl_last_error = true;
  // Alert 112, unrecognized name, is no longer critical: not yet in 1.28.3, measured with 1.31.5.
  bool ssl_name_alert_is_common = false;
  // Since 1.23.1: `ipv4=` in resolver.
  bool resolver_ipv4 = true;
  // Since 1.27.3: `resolve` in a server line, `resolver` and `resolver_timeout` in an upstream
  // block.
  bool resolve_servers = true;
  // Since 1.29.7: proxy_http_version is 1.1 where it is not set, an upstream block keeps 32
  // connections alive where `keepalive` is not set, and "Connection: close" is not sent.
  bool http11_default_upstream = false;
};

// Rules of a version that has been validated; of the newest for what is not a version.
Rules rules_of(std::string_view nginx_version);

// The HTTP version that is spoken to upstreams, as net::http1 numbers it (version_10, version_11).
int upstream_http_version(const Location& location, const Rules& rules);
// How many idle connections `upstream` keeps.
unsigned kept_connections(const Upstream& upstream, const Rules& rules);

}  // namespace badgate::proxy
