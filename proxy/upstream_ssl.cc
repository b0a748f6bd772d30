#include "proxy/upstream_ssl.h"

#include <arpa/inet.h>
#include <fmt/core.h>

#include "net/tls.h"

namespace badgate::proxy {
namespace {

// Without a port (ngx_http_upstream_ssl_name).
std::string without_port(std::string name) {
  const auto from = name.starts_with('[') ? name.find(']') : 0;
  return name.substr(0, name.find(':', from == std::string::npos ? 0 : from));
}

// RFC 6066 section 3: an address is no name.
bool is_address(const std::string& name) {
  in_addr address{};
  return name.starts_with('[') || inet_pton(AF_INET, name.c_str(), &address) == 1;
}

net::Result<void> load_files(net::TlsContext& context, const Location& location) {
  if (!location.proxy_ssl_certificate.empty()) {
    auto used =
        context.use_certificate(location.proxy_ssl_certificate, location.proxy_ssl_certificate_key);
    if (!used) return used;
  }
  if (!location.proxy_ssl_verify) return {};
  return context.trust(location.proxy_ssl_trusted_certificate,
                       static_cast<int>(location.proxy_ssl_verify_depth));
}

}  // namespace

net::Result<UpstreamSsl> UpstreamSsl::create(const Location& location, const Rules& rules) {
  const auto protocols =
      location.proxy_ssl_protocols != 0 ? location.proxy_ssl_protocols : rules.ssl_protocols;
  UpstreamSsl ssl{net::TlsContext(net::TlsRole::client, protocols)};
  if (auto set = ssl.context_.set_ciphers(location.proxy_ssl_ciphers); !set) {
    return tl::unexpected(set.error());
  }
  if (auto loaded = load_files(ssl.context_, location); !loaded) {
    return tl::unexpected(loaded.error());
  }
  ssl.name_ = location.proxy_ssl_name;
  ssl.tells_name_ = location.proxy_ssl_server_name;
  ssl.verify_ = location.proxy_ssl_verify;
  ssl.session_reuse_ = location.proxy_ssl_session_reuse;
  return ssl;
}

std::string UpstreamSsl::name_for(const std::string& host) const {
  return without_port(name_.empty() ? host : name_);
}

net::Tls& UpstreamSsl::start(net::Connection& connection, const std::string& host) const {
  net::Tls& tls = connection.start_tls(context_);
  if (!tells_name_) return tls;
  if (const auto name = name_for(host); !name.empty() && !is_address(name)) {
    tls.set_server_name(name);
  }
  return tls;
}

std::string UpstreamSsl::objection(const net::Tls& tls, const std::string& host) const {
  if (!verify_) return {};
  if (const long error = tls.verify_error(); error != 0) {
    return fmt::format("upstream SSL certificate verify error: ({}:{})", error,
                       net::Tls::verify_words(error));
  }
  const auto name = name_for(host);
  if (tls.certificate_matches(name)) return {};
  return fmt::format("upstream SSL certificate does not match \"{}\"", name);
}

}  // namespace badgate::proxy
