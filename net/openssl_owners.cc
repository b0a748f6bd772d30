#include "net/openssl_owners.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

namespace badgate::net {

void OpensslFree::operator()(bio_st* bio) const {
  BIO_free(bio);
}
void OpensslFree::operator()(x509_st* x509) const {
  X509_free(x509);
}
void OpensslFree::operator()(evp_pkey_st* key) const {
  EVP_PKEY_free(key);
}

}  // namespace badgate::net
