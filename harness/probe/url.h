// Url: what `badgate probe` is asked to look at, taken apart (RFC 3986), http and https only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/result.h"

namespace badgate::harness::probe {

struct Url {
  bool https = false;
  std::string host;         // "shop.example.com", "192.0.2.7", "::1" (without brackets), lower case
  std::uint16_t port = 80;  // 443 of https
  std::string path = "/";   // with the query, without the fragment

  // "shop.example.com", "[::1]:8080": without the port if it is the scheme's own.
  std::string authority() const;
  std::string to_string() const;
};

// Without a scheme it is http, as for curl. The Error says what is wrong.
net::Result<Url> parse_url(std::string_view text);

// Where a Location header of an answer from `base` points to.
net::Result<Url> resolve_url(const Url& base, std::string_view location);

// "[::1]:80", "192.0.2.7:80": as net::Address reads them.
std::string host_and_port(std::string_view host, std::uint16_t port);

}  // namespace badgate::harness::probe
