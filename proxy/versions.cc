#include "proxy/versions.h"

#include <charconv>

#include "net/http1_message.h"

namespace badgate::proxy {
namespace {

constexpr int kNewest = 999'999'999;

// Takes a number below 1000 from the front; -1: there is none.
int take_part(std::string_view& text) {
  int value = -1;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto length = static_cast<std::size_t>(end - text.data());
  if (ec != std::errc() || length > 3 || text.front() == '-') return -1;
  text.remove_prefix(length);
  return value;
}

}  // namespace

std::optional<int> version_number(std::string_view nginx_version) {
  int number = 0;
  for (int part = 0; part < 3; ++part) {
    if (part > 0) {
      if (!nginx_version.starts_with('.')) return std::nullopt;
      nginx_version.remove_prefix(1);
    }
    const int value = take_part(nginx_version);
    if (value < 0) return std::nullopt;
    number = number * 1000 + value;
  }
  if (!nginx_version.empty()) return std::nullopt;
  return number;
}

Rules rules_of(std::string_view nginx_version) {
  const int version = version_number(nginx_version).value_or(kNewest);
  Rules rules;
  rules.version = version;
  rules.response = net::http1::ResponseRules::of(version);
  rules.join_headers = version >= 1'023'000;
  rules.ssl_protocols = net::tls_1_2;
  if (version >= 1'023'004) rules.ssl_protocols |= net::tls_1_3;
  if (version < 1'027'003) rules.ssl_protocols |= net::tls_1_0 | net::tls_1_1;
  rules.ssl_last_error = version >= 1'023'004;
  rules.ssl_name_alert_is_common = version >= 1'029'000;
  rules.resolver_ipv4 = version >= 1'023'001;
  rules.resolve_servers = version >= 1'027'003;
  rules.http11_default_upstream = version >= 1'029'007;
  return rules;
}

int upstream_http_version(const Location& location, const Rules& rules) {
  const bool modern = location.proxy_http_version.empty() ? rules.http11_default_upstream
                                                          : location.proxy_http_version == "1.1";
  return modern ? net::http1::version_11 : net::http1::version_10;
}

unsigned kept_connections(const Upstream& upstream, const Rules& rules) {
  return upstream.keepalive.value_or(rules.http11_default_upstream ? 32 : 0);
}

}  // namespace badgate::proxy
