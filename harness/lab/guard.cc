#include "harness/lab/guard.h"

#include <arpa/inet.h>
#include <algorithm>

namespace badgate::harness::lab {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return out;
}

struct HostPort {
  std::string host;
  std::string port;  // empty: none was written
};

// "localhost:8090", "[::1]:8090".
HostPort split(std::string_view text) {
  const auto bracket = text.rfind(']');
  const auto colon = text.rfind(':');
  if (colon == text.npos || (bracket != text.npos && colon < bracket)) return {lower(text), {}};
  return {lower(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

bool is_ipv4(const std::string& host) {
  in_addr ignored{};
  return ::inet_pton(AF_INET, host.c_str(), &ignored) == 1;
}

bool is_ipv6(const std::string& host) {
  in6_addr ignored{};
  return host.size() > 2 && host.front() == '[' && host.back() == ']' &&
         ::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &ignored) == 1;
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "[::1]" || (host.starts_with("127.") && is_ipv4(host));
}

bool changes_something(const HttpRequest& request) {
  return request.method != "GET" && request.method != "HEAD";
}

bool is_json(std::string_view type) {
  auto plain = lower(type.substr(0, type.find(';')));
  while (!plain.empty() && plain.back() == ' ')
    plain.pop_back();
  return plain == "application/json";
}

}  // namespace

bool Guard::is_own_port(const std::string& port) const {
  return port.empty() ? settings_.port == 80 : port == std::to_string(settings_.port);
}

bool Guard::is_given_name(std::string_view text) const {
  const auto whole = lower(text);
  const auto [host, port] = split(text);
  return std::ranges::any_of(settings_.names, [&](const std::string& given) {
    const auto name = lower(given);
    return name == whole || (name == host && is_own_port(port));
  });
}

bool Guard::is_own_host(std::string_view text) const {
  if (is_given_name(text)) return true;
  const auto [host, port] = split(text);
  if (!is_own_port(port)) return false;
  return is_loopback(host) || (settings_.remote && (is_ipv4(host) || is_ipv6(host)));
}

// Browsers say where a request comes from; programs mostly do not. "same-site" is not enough:
// another port of this machine is the same site.
std::optional<HttpAnswer> Guard::refuses_origin(const HttpRequest& request) const {
  constexpr auto words = "this request comes from another site, which may not use the lab";
  const auto site = header(request, "Sec-Fetch-Site");
  if (count_headers(request, "Sec-Fetch-Site") > 0 && site != "same-origin" && site != "none")
    return refused(403, words);
  if (count_headers(request, "Origin") == 0) return std::nullopt;
  const auto origin = header(request, "Origin");
  const auto host = header(request, "Host").value_or("");
  if (!origin) return refused(403, words);
  const bool own = lower(*origin) == "http://" + lower(host);
  // Under a given name the lab may stand behind a proxy that speaks TLS.
  const bool behind_tls = is_given_name(host) && lower(*origin) == "https://" + lower(host);
  if (!own && !behind_tls) return refused(403, words);
  return std::nullopt;
}

std::optional<HttpAnswer> Guard::refuses(const HttpRequest& request) const {
  const auto host = header(request, "Host");
  if (!host) return refused(400, "a request needs one Host header");
  if (!is_own_host(*host))
    return refused(421,
                   "this is not a Host that the lab is for; `badgate lab --allow-host NAME` "
                   "adds one");
  // A link from elsewhere may lead to the page; nothing else is of use to other sites.
  if (request.path.starts_with("/api/") || changes_something(request)) {
    if (auto no = refuses_origin(request)) return no;
  }
  if (request.method == "POST" && !is_json(header(request, "Content-Type").value_or("")))
    return refused(415, "the body must be JSON: Content-Type: application/json");
  return std::nullopt;
}

}  // namespace badgate::harness::lab
