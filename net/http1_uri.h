// What nginx makes of a request's URI and host before it uses them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace badgate::net::http1 {

struct Uri {
  std::string path;
  std::string args;

  bool operator==(const Uri&) const = default;
};

// Decodes %XX, resolves "." and "..", merges slashes, cuts the query and the fragment off
// (ngx_http_parse.c, ngx_http_parse_complex_uri). Nothing: nginx refuses it, as it leaves the root
// or holds a bad or NUL escape. `uri` begins with '/' or '?'.
std::optional<Uri> normalise_uri(std::string_view uri, bool merge_slashes = true);

// A path as it is sent: what a URI must not hold becomes %XX (ngx_escape_uri, NGX_ESCAPE_URI).
std::string escape_uri(std::string_view path);

// Lower case, without port and final dot (ngx_http_request.c, ngx_http_validate_host). Nothing: not
// a host.
std::optional<std::string> normalise_host(std::string_view host);

}  // namespace badgate::net::http1
