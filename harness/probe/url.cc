#include "harness/probe/url.h"

#include <arpa/inet.h>
#include <fmt/core.h>

#include <algorithm>

#include "harness/diagnostics.h"
#include "net/ascii.h"
#include "net/text.h"

namespace badgate::harness::probe {
namespace {

constexpr std::size_t kLongest = 8000;     // of a URL
constexpr std::size_t kLongestHost = 253;  // RFC 1035, section 3.1, as text

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c > ' ' && c < 0x7f; });
}

bool is_ipv6(const std::string& text) {
  in6_addr ignored{};
  return ::inet_pton(AF_INET6, text.c_str(), &ignored) == 1;
}

net::Result<void> set_port(Url& url, std::string_view digits) {
  const auto port = net::parse_number(digits);
  if (!port || *port == 0 || *port > 65535)
    return net::fail(fmt::format("{} is not a port (1 to 65535)", in_quotes(digits)));
  url.port = static_cast<std::uint16_t>(*port);
  return {};
}

net::Result<void> set_host(Url& url, std::string_view authority) {
  const auto at = authority.rfind('@');
  if (at != authority.npos) authority.remove_prefix(at + 1);
  const bool v6 = authority.starts_with('[');
  const auto end = v6 ? authority.find(']') : authority.find(':');
  if (v6 && end == authority.npos) return net::fail("the bracket behind the address is missing");
  url.host = net::lower(v6 ? authority.substr(1, end - 1) : authority.substr(0, end));
  if (url.host.empty()) return net::fail("it has no host");
  if (v6 && !is_ipv6(url.host))
    return net::fail(fmt::format("{} is not an IPv6 address", in_quotes(url.host)));
  if (!v6 && url.host.find_first_of("[]") != url.host.npos)
    return net::fail("it has a bracket, which belongs around an IPv6 address");
  if (url.host.size() > kLongestHost) return net::fail("its host is too long to be a name");
  if (end == authority.npos) return {};
  const auto rest = authority.substr(v6 ? end + 1 : end);
  if (rest.empty() || rest == ":") return {};
  if (!rest.starts_with(':')) return net::fail("behind the bracket there should be :PORT");
  return set_port(url, rest.substr(1));
}

}  // namespace

std::string host_and_port(std::string_view host, std::uint16_t port) {
  const bool v6 = host.find(':') != host.npos;
  return v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::string Url::authority() const {
  const std::string full = host_and_port(host, port);
  return port == (https ? 443 : 80) ? full.substr(0, full.rfind(':')) : full;
}

std::string Url::to_string() const {
  return fmt::format("{}://{}{}", https ? "https" : "http", authority(), path);
}

net::Result<Url> parse_url(std::string_view text) {
  Url url;
  if (text.size() > kLongest) return net::fail("it is too long");
  if (!is_plain(text)) {
    return net::fail(
        "it has spaces or other letters than ASCII's; write the name as xn--…, and %20 for a "
        "space");
  }
  const auto scheme = text.substr(0, std::min(text.find("://"), text.size()));
  if (scheme.size() < text.size()) {
    const auto name = net::lower(scheme);
    if (name != "http" && name != "https")
      return net::fail(fmt::format("{} is neither http nor https", in_quotes(scheme)));
    url.https = name == "https";
    if (url.https) url.port = 443;
    text.remove_prefix(scheme.size() + 3);
  }
  text = text.substr(0, text.find('#'));
  const auto end = std::min(text.find_first_of("/?"), text.size());
  if (auto ok = set_host(url, text.substr(0, end)); !ok) return tl::unexpected(ok.error());
  url.path = text.substr(end);
  if (!url.path.starts_with('/')) url.path.insert(0, "/");
  return url;
}

net::Result<Url> resolve_url(const Url& base, std::string_view location) {
  if (location.empty()) return net::fail("its Location is empty");
  if (location.starts_with("//"))
    return parse_url(fmt::format("{}:{}", base.https ? "https" : "http", location));
  if (location.find("://") != location.npos) return parse_url(location);
  Url url = base;
  location = location.substr(0, location.find('#'));
  const auto path = std::string_view(base.path).substr(0, base.path.find('?'));
  if (location.starts_with('/')) {
    url.path = location;
  } else if (location.starts_with('?')) {
    url.path = std::string(path) + std::string(location);
  } else {
    url.path = std::string(path.substr(0, path.rfind('/') + 1)) + std::string(location);
  }
  if (!is_plain(url.path)) return net::fail("its Location has spaces in it");
  return url;
}

}  // namespace badgate::harness::probe
