// Session: after a 101, when both sides talk as they like.
#include <fmt/core.h>

#include <array>

#include "fault_backends/session.h"

namespace badgate::fault_backends {
namespace {

using State = net::Transfer::State;

constexpr std::size_t kReadSize = 16 * 1024;
constexpr std::string_view kHead =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
constexpr std::string_view kPing = "ping";

}  // namespace

// Switches, or answers 426 Upgrade Required to a request that does not ask for it (RFC 9110,
// section 15.5.22).
void Session::open_tunnel(const Fault& fault) {
  tunnel_ = fault.action.tunnel;
  if (!reader_.upgrade() && !tunnel_.unasked) {
    exchange_->error_status = 426;
    phase_ = Phase::answering;
    return;
  }
  record("switches protocols", fault.name);
  ++host_.counts().responses;
  outbox_ = kHead;
  phase_ = Phase::tunnel;
  if (tunnel_.end > net::Duration{}) {
    timer_ = loop_.after(tunnel_.end, [this, name = fault.name] {
      end(tunnel_.ending, name);
      resume();
    });
  }
  ping_later();
}

void Session::ping_later() {
  if (tunnel_.ping <= net::Duration{}) return;
  idle_timer_ = loop_.after(tunnel_.ping, [this] {
    if (outbox_.size() < kReadSize) outbox_ += kPing;
    ping_later();
    resume();
  });
}

// What is to be said is said before more is heard, so that the outbox stays small.
void Session::talk() {
  if (!outbox_.empty()) {
    flush();
    return;
  }
  std::array<char, kReadSize> buffer;
  std::string_view bytes = carry_;
  if (bytes.empty()) {
    const auto transfer = connection_.read(buffer);
    if (transfer.state == State::again) {
      watching_peer_ = false;
      connection_.watch({.read = true});
      waiting_ = true;
      return;
    }
    if (transfer.state != State::done) {
      read_ended(transfer);
      return;
    }
    bytes = {buffer.data(), transfer.bytes};
  }
  host_.tell(fmt::format("connection {}: hears {} bytes in the tunnel", number_, bytes.size()));
  if (tunnel_.echo) outbox_ = bytes;
  carry_.clear();
}

}  // namespace badgate::fault_backends
