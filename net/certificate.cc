#include "net/certificate.h"

#include <fmt/core.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "net/tls_error.h"

namespace badgate::net {
namespace {

// OpenSSL's X509_VERSION_3, which is 2.
constexpr long kVersion3 = 2;

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

bool set_time(ASN1_TIME* into, WallTime time) {
  return ASN1_TIME_set(into, std::chrono::system_clock::to_time_t(time)) != nullptr;
}

bool set_common_name(X509* x509, const std::string& name) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(name.data());
  return X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_UTF8, bytes,
                                    static_cast<int>(name.size()), -1, 0) == 1;
}

bool add_extension(X509* x509, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, x509, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  if (extension == nullptr) return false;
  const bool added = X509_add_ext(x509, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names)
    text += fmt::format("{}DNS:{}", text.empty() ? "" : ",", name);
  return text;
}

bool add_extensions(X509* x509, X509* issuer, const CertificateSpec& spec) {
  if (!add_extension(x509, issuer, NID_basic_constraints,
                     spec.authority ? "critical,CA:TRUE" : "critical,CA:FALSE")) {
    return false;
  }
  if (spec.authority && !add_extension(x509, issuer, NID_subject_key_identifier, "hash")) {
    return false;
  }
  return spec.names.empty() ||
         add_extension(x509, issuer, NID_subject_alt_name, alternative_names(spec.names));
}

bool fill(Certificate& made, const CertificateSpec& spec, const Certificate* issuer) {
  X509* x509 = made.x509.get();
  const Certificate& signer = issuer != nullptr ? *issuer : made;
  return made.key && X509_set_version(x509, kVersion3) == 1 &&
         ASN1_INTEGER_set(X509_get_serialNumber(x509), 1) == 1 &&
         set_time(X509_getm_notBefore(x509), spec.from) &&
         set_time(X509_getm_notAfter(x509), spec.until) &&
         set_common_name(x509, spec.common_name) &&
         X509_set_issuer_name(x509, X509_get_subject_name(signer.x509.get())) == 1 &&
         X509_set_pubkey(x509, made.key.get()) == 1 &&
         add_extensions(x509, signer.x509.get(), spec) &&
         X509_sign(x509, signer.key.get(), EVP_sha256()) != 0;
}

}  // namespace

std::string Certificate::pem() const {
  const BioOwner bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), x509.get());
  return text_of(bio.get());
}

std::string Certificate::key_pem() const {
  const BioOwner bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(bio.get());
}

Result<Certificate> make_certificate(const CertificateSpec& spec, const Certificate* issuer) {
  ERR_clear_error();
  Certificate made;
  made.x509.reset(X509_new());
  made.key.reset(EVP_EC_gen("P-256"));
  if (fill(made, spec, issuer)) return made;
  return fail(fmt::format("cannot make a certificate for {} ({})", spec.common_name,
                          take_tls_errors().text));
}

}  // namespace badgate::net
