// Certificates: those of one run, made when they are first asked for. The run has an authority of
// its own, which signs what is in order; whoever trusts it finds out what is not.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/certificate.h"
#include "net/result.h"
#include "net/time.h"
#include "net/tls_context.h"

namespace badgate::fault_backends {

// What is wrong with a server's certificate.
enum class CertificateKind {
  valid,
  self_signed,
  expired,        // since yesterday
  not_yet_valid,  // before tomorrow
  wrong_name,     // it is for other.example.com
  unknown_ca,     // signed by an authority that nobody has heard of
};

// A backend that speaks TLS.
struct TlsSettings {
  CertificateKind certificate = CertificateKind::valid;
  std::vector<std::string> names;  // that it is for; empty: the backend's group
  net::TlsProtocols protocols = net::tls_1_2 | net::tls_1_3;
  std::string ciphers;                   // OpenSSL's list, for TLS 1.2; empty: OpenSSL's own
  bool client_certificate = false;       // it requires one, signed by the run's authority
  bool server_name = false;              // it requires that one of its names is asked for (SNI) …
  std::uint8_t server_name_alert = 112;  // … and refuses with this alert
};

class Certificates {
 public:
  // `now`: when the run begins. They are good from an hour before for ten years.
  explicit Certificates(net::WallTime now) : now_(now) {}
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  net::Result<const net::Certificate*> authority();
  net::Result<const net::Certificate*> server(CertificateKind kind,
                                              const std::vector<std::string>& names);
  // That of a backend with these settings; `name` is used where they have no names.
  net::Result<const net::Certificate*> server(const TlsSettings& settings, const std::string& name);
  net::Result<const net::Certificate*> client();
  net::Result<const net::Certificate*> other_authority();  // which signs nothing

  // What such a backend says.
  net::Result<net::TlsContext> context(const TlsSettings& settings, const std::string& name);

 private:
  net::Result<const net::Certificate*> make_authority(const std::string& name);
  net::Result<const net::Certificate*> keep(std::string name, const net::CertificateSpec& spec,
                                            const net::Certificate* issuer);

  net::WallTime now_;
  std::map<std::string, net::Certificate> made_;
};

}  // namespace badgate::fault_backends
