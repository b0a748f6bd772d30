// CertificateFacts: what people ask of an X.509 certificate: whose it is, for which names, from
// whom, for how long. Plain data, read off OpenSSL's object or off PEM files.
#pragma once

#include <string>
#include <vector>

#include "net/result.h"
#include "net/time.h"

struct x509_st;

namespace badgate::net {

struct CertificateFacts {
  std::string subject;             // the common name; if there is none, all of the name
  std::string issuer;              // the same of who has signed it
  std::vector<std::string> names;  // DNS names and addresses (subjectAltName)
  WallTime from;
  WallTime until;
  bool self_signed = false;  // by the look of its names
};

CertificateFacts facts_of(const x509_st& certificate);

// Of all certificates of a PEM file, in its order; at least one, at most 64. The Error says, with
// the errno if it cannot be opened, what is wrong with the file.
Result<std::vector<CertificateFacts>> read_certificate_file(const std::string& path);

// Whether the first certificate of a PEM file is for `name` (ngx_ssl_check_host).
Result<bool> certificate_file_matches(const std::string& path, const std::string& name);

}  // namespace badgate::net
