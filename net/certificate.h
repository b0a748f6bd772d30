// Certificate: an X.509 certificate with its private key (EC P-256, which is made in microseconds),
// as tests and scenarios need them: signed by another one or by itself, for names, for a time. It
// owns both.
#pragma once

#include <string>
#include <vector>

#include "net/openssl_owners.h"
#include "net/result.h"
#include "net/time.h"

namespace badgate::net {

struct CertificateSpec {
  std::string common_name;
  std::vector<std::string> names;  // DNS names it is for
  WallTime from;
  WallTime until;
  bool authority = false;  // it may sign others
};

struct Certificate {
  X509Owner x509;
  KeyOwner key;

  std::string pem() const;
  std::string key_pem() const;
};

// Signed by `issuer`, or by itself. The key is new and random; nothing else is.
Result<Certificate> make_certificate(const CertificateSpec& spec, const Certificate* issuer);

}  // namespace badgate::net
