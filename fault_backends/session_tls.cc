// Session: the TLS handshake, and the faults that strike in it.
#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "fault_backends/session.h"
#include "net/tls.h"

namespace badgate::fault_backends {

bool Session::expects_hello() const {
  return host_.tls() != nullptr ||
         std::any_of(accept_pending_.begin(), accept_pending_.end(), [&](std::size_t i) {
           return plan_->faults()[i].point.kind == Point::Kind::handshake;
         });
}

void Session::shake_hands() {
  if (!hello_arrived_ && !connection_.has_input()) {
    watching_peer_ = false;
    connection_.watch({.read = true});
    waiting_ = true;
    return;
  }
  hello_arrived_ = true;
  if (!pass()) return;
  if (host_.tls() == nullptr) {
    phase_ = Phase::reading;
    return;
  }
  if (connection_.tls() == nullptr) connection_.start_tls(*host_.tls());
  const auto transfer = connection_.handshake();
  switch (transfer.state) {
    case net::Transfer::State::done:
      host_.tell(fmt::format("connection {}: {}{}", number_, connection_.tls()->protocol(),
                             connection_.tls()->resumed() ? ", resumed" : ""));
      phase_ = Phase::reading;
      return;
    case net::Transfer::State::again:
      watching_peer_ = false;
      connection_.watch(connection_.handshake_interest());
      waiting_ = true;
      return;
    default:
      handshake_failed(transfer);
  }
}

// An alert of ours may be on its way; with the peer's bytes unread, closing would take it back.
void Session::handshake_failed(const net::Transfer& transfer) {
  const auto& failure = connection_.tls()->failure();
  if (transfer.state == net::Transfer::State::end) {
    host_.tell(fmt::format("connection {}: the peer {} in the TLS handshake", number_,
                           transfer.code == 0 ? "closes" : std::strerror(transfer.code)));
    finish();
    return;
  }
  record("TLS handshake failed", failure.text);
  connection_.stop_tls();
  connection_.shutdown_write();
  phase_ = Phase::draining;
}

}  // namespace badgate::fault_backends
