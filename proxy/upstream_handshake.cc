// UpstreamRequest: TLS with a server (ngx_http_upstream_ssl_init_connection,
// ngx_http_upstream_ssl_handshake).
#include <fmt/core.h>

#include <cstring>

#include "net/tls.h"
#include "proxy/ssl_log.h"
#include "proxy/upstream.h"

namespace badgate::proxy {

// The connection is there, or has failed: what comes next.
void UpstreamRequest::established() {
  net::Connection& connection = connection_->connection;
  if (!request_.pass->ssl || connection.tls() != nullptr) return send_request(true);
  // What the server has said by now nginx reads before it begins.
  if (connection.connecting() && connection.has_input()) return process_header();
  start_handshake();
}

void UpstreamRequest::start_handshake() {
  if (!test_connect()) return next(Reason::error);
  const UpstreamSsl& ssl = *request_.location->ssl;
  net::Tls& tls = ssl.start(connection_->connection, request_.pass->host);
  if (ssl.reuses_sessions()) {
    tls.resume(selection_->session());
    tls.on_session(
        [this](net::TlsSession session) { selection_->keep_session(std::move(session)); });
  }
  client_.log.set_action("SSL handshaking to upstream");
  handshaking_ = true;
  shake_hands();
}

void UpstreamRequest::shake_hands() {
  const auto step = connection_->connection.handshake();
  if (step.state == net::Transfer::State::again) {
    // One timer for both: that of the connect goes on.
    if (!write_timer_.armed()) write_timer_.set(request_.pass_settings().connect_timeout);
    return;
  }
  handshaking_ = false;
  const net::Tls& tls = *connection_->connection.tls();
  if (step.state != net::Transfer::State::done) {
    failure_ = step.state == net::Transfer::State::error ? tls.failure().text
               : step.code == 0                          ? "FIN in the TLS handshake"
                                                         : "RST in the TLS handshake";
    log_failed_handshake(client_.log, connection_->connection, request_.cycle->rules, Level::error,
                         step);
    return next(Reason::error);
  }
  if (const auto objection = request_.location->ssl->objection(tls, request_.pass->host);
      !objection.empty()) {
    failure_ = objection;
    client_.log.write(Level::error, objection);
    return next(Reason::error);
  }
  socket_->set_readable();
  send_request(true);
}

}  // namespace badgate::proxy
