// Reason: why an attempt at an upstream server was not good enough. A closed set, spelled as
// proxy_next_upstream spells it (ngx_http_proxy_next_upstream_masks; "updating" belongs to caching
// and is left out). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/result.h"

namespace badgate::proxy {

enum class Reason : std::uint8_t {
  error,           // connect, TLS, write or read failed, or EOF before the header was complete
  timeout,         // nginx's own timer, up to the complete header
  invalid_header,  // header too big or not acceptable
  http_500,        // http_…: the server's own answer
  http_502,
  http_503,
  http_504,
  http_403,
  http_404,
  http_429,
  non_idempotent,  // no failure of its own: qualifies the others for POST, LOCK and PATCH
  no_live,         // "no live upstreams"; cannot be configured, always final
};

// Bits of Reasons; 0 is "off".
using ReasonSet = std::uint32_t;

constexpr ReasonSet bit(Reason reason) {
  return ReasonSet{1} << static_cast<unsigned>(reason);
}

// nginx's default, "error timeout".
inline constexpr ReasonSet default_next_upstream = bit(Reason::error) | bit(Reason::timeout);

std::string_view to_string(Reason reason);

// "error timeout http_503", in the order of the enum; "off" for none.
std::string to_string(ReasonSet reasons);

// Words separated by spaces; "off" among them makes it empty, as in nginx. The Error names the
// wrong word and the nearest right one.
net::Result<ReasonSet> parse_reasons(std::string_view text);

// What the client gets when `reason` is the last attempt's (ngx_http_upstream_next).
int status_of(Reason reason);

// The reason that a server's own status is, if it can be one (ngx_http_upstream_next_errors).
std::optional<Reason> reason_of_status(int status);

}  // namespace badgate::proxy
