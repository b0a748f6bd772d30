#include "fault_backends/call.h"

#include <fmt/core.h>

#include <array>
#include <cstring>
#include <utility>

namespace badgate::fault_backends {
namespace {

using State = net::Transfer::State;

// Small enough to be written at once into an empty socket.
constexpr std::string_view kQuery =
    "GET /query HTTP/1.1\r\nHost: backend\r\nConnection: close\r\n\r\n";

std::string failed(std::string_view call, int code) {
  return fmt::format("{}() failed ({}: {})", call, code, std::strerror(code));
}

}  // namespace

Call::Call(net::Loop& loop, const net::Address& callee, net::Duration timeout, Done done)
    : loop_(loop), done_(std::move(done)) {
  auto connection = net::Connection::connect(loop, callee);
  if (!connection) {
    finish(failed(connection.error().message, connection.error().code));
    return;
  }
  connection_ = std::move(*connection);
  connection_->on_ready([this](net::Ready) { ready(); });
  connection_->watch({.write = true});
  if (timeout > net::Duration{}) {
    timeout_ = loop.after(timeout, [this] { finish("timed out"); });
  }
}

void Call::ready() {
  if (finished_.armed()) return;
  if (connection_->connecting()) {
    if (const int code = connection_->take_error(); code != 0) {
      finish(failed("connect", code));
      return;
    }
  }
  sent_ ? receive() : send();
}

void Call::send() {
  const auto sent = connection_->write(kQuery);
  if (sent.state == State::again) return;
  if (sent.state != State::done || sent.bytes < kQuery.size()) {
    finish(failed("send", sent.code));
    return;
  }
  sent_ = true;
  connection_->watch({.read = true});
}

void Call::receive() {
  std::array<char, 16 * 1024> buffer;
  const auto got = connection_->read(buffer);
  if (got.state == State::again) return;
  if (got.state == State::error) {
    finish(failed("recv", got.code));
    return;
  }
  if (got.state == State::end) {
    reader_.finish_on_eof();
  } else {
    reader_.feed({buffer.data(), got.bytes});
  }
  using net::http1::Reading;
  if (reader_.reading() == Reading::complete) {
    const int status = reader_.head().status;
    finish(status < 500 ? "" : fmt::format("answered {}", status));
  } else if (reader_.reading() != Reading::reading) {
    finish(fmt::format("its response is {}", net::http1::to_string(reader_.reading())));
  } else if (got.state == State::end) {
    finish("its response is cut");
  }
}

void Call::finish(std::string why_not) {
  timeout_.cancel();
  if (connection_) connection_->close();
  finished_ = loop_.soon([this, why = std::move(why_not)]() mutable {
    const auto done = std::move(done_);
    done(std::move(why));
  });
}

}  // namespace badgate::fault_backends
