// OpenSSL's queue of errors, as text for people. Used by what calls OpenSSL, right after a failure.
#pragma once

#include <string>

namespace badgate::net {

struct TlsErrors {
  // "SSL: error:0A00010B:SSL routines::wrong version number", as nginx writes it (ngx_ssl_error);
  // empty: the queue was empty.
  std::string text;
  int first_reason = 0;  // SSL_R_… of the first and the last in the queue
  int last_reason = 0;
};

// Empties the queue.
TlsErrors take_tls_errors();

}  // namespace badgate::net
