// The settings of a backend that speaks TLS: `tls = { certificate = "expired" }`.
#include <fmt/core.h>

#include <array>

#include "fault_backends/backend.h"
#include "fault_backends/fault_values.h"

namespace badgate::fault_backends {
namespace {

constexpr std::array<std::pair<std::string_view, CertificateKind>, 6> kKinds{{
    {"valid", CertificateKind::valid},
    {"self-signed", CertificateKind::self_signed},
    {"expired", CertificateKind::expired},
    {"not-yet-valid", CertificateKind::not_yet_valid},
    {"wrong-name", CertificateKind::wrong_name},
    {"unknown-ca", CertificateKind::unknown_ca},
}};

net::Result<void> set_certificate(TlsSettings& into, std::string_view text) {
  for (const auto& [name, kind] : kKinds) {
    if (name != text) continue;
    into.certificate = kind;
    return {};
  }
  return net::fail(fmt::format(
      "\"{}\" is not one of valid, self-signed, expired, not-yet-valid, wrong-name or unknown-ca",
      text));
}

net::Result<void> set_names(TlsSettings& into, std::string_view text) {
  into.names.clear();
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (word.empty()) continue;
    if (word.find_first_of(",:") != word.npos) {
      return net::fail(fmt::format("\"{}\" is not a DNS name", word));
    }
    into.names.emplace_back(word);
  }
  if (into.names.empty()) return net::fail("expected one or more DNS names");
  return {};
}

net::Result<void> set_protocols(TlsSettings& into, std::string_view text) {
  const auto protocols = net::parse_tls_protocols(text);
  if (!protocols) return tl::unexpected(protocols.error());
  into.protocols = *protocols;
  return {};
}

// Tried out here, so that a wrong one is told of where it stands.
net::Result<void> set_ciphers(TlsSettings& into, std::string_view text) {
  into.ciphers = std::string(text);
  return net::TlsContext(net::TlsRole::server, into.protocols).set_ciphers(into.ciphers);
}

template <auto Member>
net::Result<void> set_required(TlsSettings& into, std::string_view text) {
  if (text != "required" && text != "optional") {
    return net::fail(fmt::format("\"{}\" is not required or optional", text));
  }
  into.*Member = text == "required";
  return {};
}

net::Result<void> set_alert(TlsSettings& into, std::string_view text) {
  const auto number = detail::parse_alert(text);
  if (!number) return tl::unexpected(number.error());
  into.server_name_alert = static_cast<std::uint8_t>(*number);
  return {};
}

constexpr auto kFields = std::to_array<net::Field<TlsSettings>>({
    {"certificate", "valid | self-signed | expired | not-yet-valid | wrong-name | unknown-ca",
     "valid", "its certificate; valid: signed by the run's authority, ca.pem", &set_certificate},
    {"names", "name …", "the group's name", "the names that its certificate is for", &set_names},
    {"protocols", "TLSv1 | TLSv1.1 | TLSv1.2 | TLSv1.3 …", "TLSv1.2 TLSv1.3", "what it speaks",
     &set_protocols},
    {"ciphers", "list", "OpenSSL's", "the ciphers that it takes for TLS 1.2, as OpenSSL has them",
     &set_ciphers},
    {"client_certificate", "required | optional", "optional",
     "whether it refuses whoever has no certificate of the run's authority",
     &set_required<&TlsSettings::client_certificate>},
    {"server_name", "required | optional", "optional",
     "whether it refuses whoever does not ask for one of its names (SNI)",
     &set_required<&TlsSettings::server_name>},
    {"server_name_alert", "number", "112", "the alert that it refuses them with", &set_alert},
});

}  // namespace

std::span<const net::Field<TlsSettings>> tls_fields() {
  return kFields;
}

}  // namespace badgate::fault_backends
