// Exchange: after a 101 the client says its messages and counts what it hears.
#include <fmt/core.h>

#include "harness/client.h"

namespace badgate::harness {
namespace {

constexpr std::size_t kHeardKept = 64 * 1024;  // for `body_contains`

}  // namespace

// `bytes` came behind the head.
void Exchange::open_tunnel(std::string_view bytes) {
  tunnel_ = true;
  on_step_(fmt::format("has a tunnel ({})", request_.upgrade));
  say();
  hear(bytes);
}

// All messages at once, or one each `message_every`, over and over.
void Exchange::say() {
  const auto& messages = request_.messages;
  if (done_ || messages.empty()) return;
  piece_.erase(0, piece_at_);
  piece_at_ = 0;
  if (!request_.message_every) {
    for (const auto& message : messages)
      piece_ += message;
  } else {
    // A proxy that takes nothing is not talked to for ever.
    if (piece_.empty()) piece_ = messages[said_++ % messages.size()];
    send_timer_ = loop_.after(*request_.message_every, [this] { say(); });
  }
  on_step_(fmt::format("says {} bytes", piece_.size()));
  sent_ = false;
  watch();
}

void Exchange::hear(std::string_view bytes) {
  if (bytes.empty()) return;
  on_step_(fmt::format("hears {} bytes", bytes.size()));
  const std::size_t room = kHeardKept - std::min(kHeardKept, response_.body.size());
  response_.body.append(bytes.substr(0, room));
  heard_ += bytes.size();
  heard_hash_.add(bytes);
}

// A tunnel is over when one side says so; only a reset cuts it.
void Exchange::describe_tunnel() {
  response_.body_bytes = heard_;
  response_.body_hash = fmt::format("{:016x}", heard_hash_.value());
  const bool cut = response_.connection_end != "FIN" && response_.connection_end != "left";
  response_.completeness = cut ? Completeness::cut : Completeness::whole;
}

}  // namespace badgate::harness
