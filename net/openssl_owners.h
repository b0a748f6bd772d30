// Owners of OpenSSL's objects. Its own headers are not needed to hold one.
#pragma once

#include <memory>

struct bio_st;
struct x509_st;
struct evp_pkey_st;

namespace badgate::net {

struct OpensslFree {
  void operator()(bio_st* bio) const;
  void operator()(x509_st* x509) const;
  void operator()(evp_pkey_st* key) const;
};
using BioOwner = std::unique_ptr<bio_st, OpensslFree>;
using X509Owner = std::unique_ptr<x509_st, OpensslFree>;
using KeyOwner = std::unique_ptr<evp_pkey_st, OpensslFree>;

}  // namespace badgate::net
