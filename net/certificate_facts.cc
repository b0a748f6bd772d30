#include "net/certificate_facts.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>

#include "net/openssl_owners.h"
#include "net/pem_file.h"
#include "net/tls_error.h"

namespace badgate::net {
namespace {

constexpr std::size_t kMostNames = 256;        // of one certificate
constexpr std::size_t kMostCertificates = 64;  // of one file

std::string text_of(const ASN1_STRING* string) {
  unsigned char* bytes = nullptr;
  const int size = ASN1_STRING_to_UTF8(&bytes, string);
  if (size < 0) return {};
  std::string text(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return text;
}

std::string name_text(const X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at >= 0) return text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  const BioOwner bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

WallTime wall_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

std::string address_text(const ASN1_OCTET_STRING* bytes) {
  const int size = ASN1_STRING_length(bytes);
  if (size != 4 && size != 16) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = size == 4 ? AF_INET : AF_INET6;
  ::inet_ntop(family, ASN1_STRING_get0_data(bytes), text.data(), text.size());
  return text.data();
}

std::vector<std::string> names_of(const X509* certificate) {
  std::vector<std::string> names;
  auto* all = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  const auto count = static_cast<std::size_t>(std::max(0, sk_GENERAL_NAME_num(all)));
  for (std::size_t i = 0; i < std::min(count, kMostNames); ++i) {
    int kind = 0;
    const void* value =
        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(all, static_cast<int>(i)), &kind);
    std::string name;
    if (kind == GEN_DNS) name = text_of(static_cast<const ASN1_STRING*>(value));
    if (kind == GEN_IPADD) name = address_text(static_cast<const ASN1_OCTET_STRING*>(value));
    if (!name.empty()) names.push_back(std::move(name));
  }
  GENERAL_NAMES_free(all);
  return names;
}

}  // namespace

CertificateFacts facts_of(const x509_st& certificate) {
  const X509* x509 = &certificate;
  const X509_NAME* subject = X509_get_subject_name(x509);
  const X509_NAME* issuer = X509_get_issuer_name(x509);
  return {.subject = name_text(subject),
          .issuer = name_text(issuer),
          .names = names_of(x509),
          .from = wall_of(X509_get0_notBefore(x509)),
          .until = wall_of(X509_get0_notAfter(x509)),
          .self_signed = X509_NAME_cmp(subject, issuer) == 0};
}

Result<std::vector<CertificateFacts>> read_certificate_file(const std::string& path) {
  const auto bio = read_pem_file(path);
  if (!bio) return tl::unexpected(bio.error());
  std::vector<CertificateFacts> found;
  while (found.size() < kMostCertificates) {
    const X509Owner next(PEM_read_bio_X509_AUX(bio->get(), nullptr, nullptr, nullptr));
    if (!next) break;
    found.push_back(facts_of(*next));
  }
  ERR_clear_error();  // the end of the file
  if (found.empty()) return fail(path + ": no certificate in PEM form is in it");
  return found;
}

Result<bool> certificate_file_matches(const std::string& path, const std::string& name) {
  const auto bio = read_pem_file(path);
  if (!bio) return tl::unexpected(bio.error());
  const X509Owner own(PEM_read_bio_X509_AUX(bio->get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (!own) return fail(path + ": no certificate in PEM form is in it");
  return X509_check_host(own.get(), name.data(), name.size(), 0, nullptr) == 1 ||
         X509_check_ip_asc(own.get(), name.c_str(), 0) == 1;
}

}  // namespace badgate::net
