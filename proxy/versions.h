// Every behaviour that differs between nginx versions, in one table. The codec has its own part,
// net::http1::ResponseRules, which is made from the same number.
#pragma once

#include <optional>
#include <string_view>

#include "proxy/settings.h"

namespace badgate::proxy {

// "1.22.1" → 1022001, as nginx's own nginx_version. Nothing: not of the form X.Y.Z.
std::optional<int> version_number(std::string_view nginx_version);

struct Rules {
  int version = 1028000;  // for net::http1::ResponseRules::of

  // Since 1.23.0: bad or contradictory Content-Length and Transfer-Encoding of a response: 502.
  bool reject_bad_framing = true;
  // Since 1.23.0: the second Date, Server, ETag, … of a response is logged and left out.
  bool duplicate_header_notes = true;
  // Since 1.23.0: $http_… and $sent_http_… join several headers of one name with ", ".
  bool join_headers = true;
  // Since 1.29.0: a 103 is read over; before, it is taken for the response.
  bool skip_early_hints = false;
  // Since 1.29.5: bytes from an upstream before it is sent anything are an error: "upstream
  // prematurely sent response", on TLS.
  bool early_response_detection = false;
  // Since 1.29.7: proxy_http_version is 1.1 where it is not set, and an upstream block keeps 32
  // connections alive where `keepalive` is not set.
  bool http11_default_upstream = false;
};

// Rules of a version that has been validated; of the newest for what is not a version.
Rules rules_of(std::string_view nginx_version);

// The HTTP version that is spoken to upstreams, as net::http1 numbers it (version_10, version_11).
int upstream_http_version(const Settings& settings);
// How many idle connections `upstream` keeps.
unsigned kept_connections(const Upstream& upstream, const Rules& rules);

}  // namespace badgate::proxy
