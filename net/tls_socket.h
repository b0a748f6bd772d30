// The socket as OpenSSL sees it (a BIO): never blocking, and writing without SIGPIPE, which
// OpenSSL's own would raise.
#pragma once

#include "net/tls.h"

struct bio_st;

namespace badgate::net {

// `socket` must outlive the BIO, which belongs to the caller. It remembers the last errno and
// whether the peer has closed.
bio_st* make_socket_bio(Tls::Socket& socket);

}  // namespace badgate::net
