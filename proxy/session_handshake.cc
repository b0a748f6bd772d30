// Session: TLS with the client (ngx_http_ssl_handshake, ngx_http_ssl_handshake_handler).
#include <sys/socket.h>

#include <cerrno>

#include "proxy/session.h"
#include "proxy/ssl_log.h"

namespace badgate::proxy {
namespace {

constexpr int kHandshakeRecord = 0x16;  // RFC 8446 section 5.1
constexpr int kSslv2 = 0x80;

}  // namespace

// The first byte tells TLS from plain HTTP, which is read for the sake of its answer.
void Session::read_hello() {
  if (client_.connection.tls() != nullptr) return shake_hands();
  unsigned char first = 0;
  const auto n = ::recv(client_.connection.fd(), &first, 1, MSG_PEEK);
  if (n < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return;
    client_.log.connection_error(Level::info, errno, "recv() failed");
    return close();
  }
  if (n == 0) {
    client_.log.write(Level::info, "client closed connection");
    return close();
  }
  if (first != kHandshakeRecord && (first & kSslv2) == 0) {
    client_.log.set_action("waiting for request");
    phase_ = Phase::waiting;
    return read_head();
  }
  client_.connection.start_tls(*address_.default_server().ssl);
  shake_hands();
}

void Session::shake_hands() {
  const auto step = client_.connection.handshake();
  switch (step.state) {
    case net::Transfer::State::again:
      return;
    case net::Transfer::State::done:
      client_.log.set_action("waiting for request");
      phase_ = Phase::waiting;
      return read_head();
    default:
      log_failed_handshake(client_.log, client_.connection, cycle_->rules, Level::info, step);
      close();
  }
}

}  // namespace badgate::proxy
