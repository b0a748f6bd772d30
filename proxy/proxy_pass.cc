#include "proxy/proxy_pass.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace badgate::proxy {
namespace {

constexpr std::string_view kPlain = "http://";
constexpr std::string_view kSecure = "https://";
constexpr std::uint16_t kSecurePort = 443;
constexpr std::string_view kUnix = "unix:";

tl::unexpected<net::Error> bad_url(std::string_view what, std::string_view url) {
  return net::fail(fmt::format("{} in upstream \"{}\"", what, url));
}

bool has_scheme(std::string_view url, std::string_view scheme) {
  return url.size() > scheme.size() &&
         std::equal(scheme.begin(), scheme.end(), url.begin(), [](char a, char b) {
           return a == std::tolower(static_cast<unsigned char>(b));
         });
}

// ngx_parse_unix_domain_url: "unix:/path:/uri"
net::Result<ProxyPass> parse_unix(std::string_view url, bool ssl) {
  ProxyPass pass;
  pass.ssl = ssl;
  const auto colon = url.find(':', kUnix.size());
  const auto address = net::Address::parse(url.substr(0, colon));
  if (!address) return bad_url("no path in the unix domain socket", url);
  pass.host = std::string(url.substr(0, colon));
  pass.address = *address;
  pass.host_header = "localhost";
  if (colon != url.npos && colon + 1 < url.size()) pass.uri = std::string(url.substr(colon + 1));
  return pass;
}

}  // namespace

// ngx_parse_inet_url, without the URI
net::Result<HostPort> parse_host_port(std::string_view text) {
  HostPort out;
  const bool bracket = text.starts_with('[');
  const auto end = bracket ? text.find(']') : 0;
  if (bracket && end == text.npos) return bad_url("invalid host", text);
  const auto colon = text.find(':', end);
  if (colon != text.npos) {
    const auto port = text.substr(colon + 1);
    const auto [last, ec] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (ec != std::errc() || last != port.data() + port.size() || out.port == 0)
      return bad_url("invalid port", text);
    out.no_port = false;
  }
  out.host = std::string(text.substr(0, colon));
  if (out.host.empty()) return bad_url("no host", text);
  return out;
}

net::Result<ProxyPass> parse_proxy_pass(std::string_view url) {
  const bool ssl = has_scheme(url, kSecure);
  if (!ssl && !has_scheme(url, kPlain)) {
    return net::fail(fmt::format("invalid URL prefix in \"{}\"", url));
  }
  url.remove_prefix(ssl ? kSecure.size() : kPlain.size());
  if (url.starts_with(kUnix)) return parse_unix(url, ssl);
  const auto uri = url.find_first_of("/?");
  const auto host = parse_host_port(url.substr(0, uri));
  if (!host) {
    // nginx names the whole of it.
    auto words = host.error().message;
    return bad_url(words.substr(0, words.find(" in upstream")), url);
  }
  ProxyPass pass;
  pass.ssl = ssl;
  pass.host = host->host;
  pass.port = ssl && host->no_port ? kSecurePort : host->port;
  pass.no_port = host->no_port;
  const auto address = net::Address::parse(fmt::format("{}:{}", pass.host, pass.port));
  if (address && !address->is_unix()) pass.address = *address;
  const bool default_port = pass.no_port || pass.port == (ssl ? kSecurePort : 80);
  pass.host_header = default_port ? pass.host : fmt::format("{}:{}", pass.host, pass.port);
  if (uri != url.npos) pass.uri = (url[uri] == '?' ? "/" : "") + std::string(url.substr(uri));
  return pass;
}

net::Result<ProxyPass> parse_fastcgi_pass(std::string_view text) {
  ProxyPass pass;
  pass.protocol = ProxyPass::Protocol::fastcgi;
  if (text.starts_with(kUnix)) {
    auto address = net::Address::parse(text);
    if (!address) return bad_url("no path in the unix domain socket", text);
    pass.host = std::string(text);
    pass.address = std::move(*address);
    return pass;
  }
  if (text.find('/') != text.npos) return bad_url("invalid host", text);
  auto host = parse_host_port(text);
  if (!host) return tl::unexpected(host.error());
  pass.host = std::move(host->host);
  pass.port = host->port;
  pass.no_port = host->no_port;
  const auto address = net::Address::parse(fmt::format("{}:{}", pass.host, pass.port));
  if (address && !address->is_unix()) pass.address = *address;
  return pass;
}

net::Address with_port(const net::Address& address, std::uint16_t port) {
  if (address.is_unix()) return address;
  const auto changed = net::Address::parse(fmt::format("{}:{}", address.host(), port));
  return changed ? *changed : address;
}

}  // namespace badgate::proxy
