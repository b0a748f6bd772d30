// ResolverSettings: what `resolver` says (ngx_resolver_create). Plain data.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/address.h"
#include "net/result.h"
#include "net/time.h"

namespace badgate::proxy {

struct ResolverSettings {
  std::vector<net::Address> servers;  // empty: there is no resolver
  net::Duration valid{};              // whole seconds; 0: as long as the answer says
  bool ipv4 = true;
  bool ipv6 = true;
  std::string ipv4_word{};  // "ipv4=off", as written; empty: nothing is said of it

  bool operator==(const ResolverSettings&) const = default;
};

// "127.0.0.1:5353 [::1]:5353 valid=10s ipv6=off". The Error is in nginx's words; badgate's own
// rule is that a name server is on a loopback address.
net::Result<ResolverSettings> parse_resolver(std::string_view text);

}  // namespace badgate::proxy
