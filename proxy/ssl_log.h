// How failures of sockets that may speak TLS are logged (ngx_connection_error,
// ngx_ssl_connection_error).
#pragma once

#include <string_view>

#include "net/connection.h"
#include "proxy/request_log.h"
#include "proxy/versions.h"

namespace badgate::proxy {

// A read or write failed with `error`. `call` is what nginx calls it without TLS: "recv()"; with
// TLS `ssl_call`: "SSL_read()".
void log_failed_call(RequestLog& log, const net::Connection& connection, const Rules& rules,
                     Level usual, int error, std::string_view call, std::string_view ssl_call);

// A handshake came to `step`, an end or an error (ngx_ssl_handshake).
void log_failed_handshake(RequestLog& log, const net::Connection& connection, const Rules& rules,
                          Level usual, const net::Transfer& step);

}  // namespace badgate::proxy
