#include "fault_backends/certificates.h"

#include <fmt/format.h>

namespace badgate::fault_backends {

using namespace std::chrono_literals;

namespace {

constexpr auto kDay = 24h;
constexpr auto kYears = 3650 * kDay;

net::CertificateSpec spec_of(CertificateKind kind, const std::vector<std::string>& names,
                             net::WallTime now) {
  net::CertificateSpec spec;
  spec.names =
      kind == CertificateKind::wrong_name ? std::vector<std::string>{"other.example.com"} : names;
  spec.common_name = spec.names.empty() ? std::string("server") : spec.names.front();
  spec.from = now - 1h;
  spec.until = now + kYears;
  if (kind == CertificateKind::expired) {
    spec.from = now - kYears;
    spec.until = now - kDay;
  }
  if (kind == CertificateKind::not_yet_valid) spec.from = now + kDay;
  return spec;
}

}  // namespace

net::Result<const net::Certificate*> Certificates::keep(std::string name,
                                                        const net::CertificateSpec& spec,
                                                        const net::Certificate* issuer) {
  auto made = net::make_certificate(spec, issuer);
  if (!made) return tl::unexpected(made.error());
  return &made_.insert_or_assign(std::move(name), std::move(*made)).first->second;
}

net::Result<const net::Certificate*> Certificates::make_authority(const std::string& name) {
  if (const auto at = made_.find(name); at != made_.end()) return &at->second;
  return keep(name,
              {.common_name = name,
               .names = {},
               .from = now_ - kYears,
               .until = now_ + kYears,
               .authority = true},
              nullptr);
}

net::Result<const net::Certificate*> Certificates::authority() {
  return make_authority("badgate CA");
}

net::Result<const net::Certificate*> Certificates::other_authority() {
  return make_authority("other CA");
}

net::Result<const net::Certificate*> Certificates::server(CertificateKind kind,
                                                          const std::vector<std::string>& names) {
  auto key = fmt::format("server {} {}", static_cast<int>(kind), fmt::join(names, " "));
  if (const auto at = made_.find(key); at != made_.end()) return &at->second;
  const auto spec = spec_of(kind, names, now_);
  if (kind == CertificateKind::self_signed) return keep(std::move(key), spec, nullptr);
  if (kind == CertificateKind::unknown_ca) {
    const auto stranger = make_authority("unknown CA");
    if (!stranger) return stranger;
    return keep(std::move(key), spec, *stranger);
  }
  const auto ca = authority();
  if (!ca) return ca;
  return keep(std::move(key), spec, *ca);
}

net::Result<const net::Certificate*> Certificates::server(const TlsSettings& settings,
                                                          const std::string& name) {
  return server(settings.certificate,
                settings.names.empty() ? std::vector<std::string>{name} : settings.names);
}

net::Result<const net::Certificate*> Certificates::client() {
  if (const auto at = made_.find("client"); at != made_.end()) return &at->second;
  const auto ca = authority();
  if (!ca) return ca;
  return keep("client",
              {.common_name = "client", .names = {}, .from = now_ - 1h, .until = now_ + kYears},
              *ca);
}

net::Result<net::TlsContext> Certificates::context(const TlsSettings& settings,
                                                   const std::string& name) {
  const auto names = settings.names.empty() ? std::vector<std::string>{name} : settings.names;
  const auto certificate = server(settings, name);
  if (!certificate) return tl::unexpected(certificate.error());
  net::TlsContext context(net::TlsRole::server, settings.protocols);
  if (auto used = context.use_certificate(**certificate); !used) {
    return tl::unexpected(used.error());
  }
  if (!settings.ciphers.empty()) {
    if (auto set = context.set_ciphers(settings.ciphers); !set) return tl::unexpected(set.error());
  }
  if (settings.client_certificate) {
    const auto ca = authority();
    if (!ca) return tl::unexpected(ca.error());
    if (auto trusted = context.trust(**ca); !trusted) return tl::unexpected(trusted.error());
    context.require_client_certificate();
  }
  if (settings.server_name) context.require_server_name(names, settings.server_name_alert);
  return context;
}

}  // namespace badgate::fault_backends
