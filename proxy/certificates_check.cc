// Files of certificates that nginx would refuse at start.
#include <algorithm>
#include <string_view>

#include "proxy/directives.h"
#include "proxy/server_conf.h"
#include "proxy/upstream_ssl.h"

namespace badgate::proxy {
namespace {

using Contradictions = std::vector<Contradiction>;

// By the call that failed: the last word of the directive that it is about.
std::string directive_of(std::string_view message, std::string_view prefix) {
  const auto begins = [&](std::string_view text) { return message.starts_with(text); };
  std::string name(prefix);
  if (begins("SSL_CTX_load_verify_locations")) return name += "ssl_trusted_certificate";
  if (begins("SSL_CTX_set_cipher_list")) return name += "ssl_ciphers";
  if (begins("cannot load certificate key") || begins("SSL_CTX_use_PrivateKey")) {
    return name += "ssl_certificate_key";
  }
  return name += "ssl_certificate";
}

void check_location(const Location& location, const Rules& rules, Contradictions& out) {
  if (!location.proxy_pass.starts_with("https://")) return;
  const auto made = UpstreamSsl::create(location, rules);
  if (made) return;
  const auto& message = made.error().message;
  out.push_back({directive_of(message, "proxy_"), message});
}

void check_server(const VirtualServer& server, const Rules& rules, Contradictions& out) {
  if (!server.ssl_certificate.empty()) {
    const auto made = make_ssl(server, rules);
    if (!made) out.push_back({directive_of(made.error().message, ""), made.error().message});
  }
  check_location(server, rules, out);
  for (std::size_t i = 0; i < server.locations.size(); ++i) {
    const std::size_t before = out.size();
    check_location(server.locations[i], rules, out);
    if (out.size() > before) out.back().location = i;
  }
}

}  // namespace

std::vector<Contradiction> check_files(const Settings& settings) {
  const Rules rules = rules_of(settings.nginx_version);
  Contradictions out;
  check_server(settings, rules, out);
  for (std::size_t i = 0; i < settings.servers.size(); ++i) {
    const std::size_t before = out.size();
    check_server(settings.servers[i], rules, out);
    for (std::size_t at = before; at < out.size(); ++at)
      out[at].server = i;
  }
  return out;
}

}  // namespace badgate::proxy
