#include "harness/probe/visit.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "net/text.h"
#include "net/tls.h"

namespace badgate::harness::probe {

using net::Transfer;
using net::http1::Reading;

namespace {

constexpr std::size_t kBodyKept = 64 * 1024;
constexpr std::size_t kFirstBytes = 256;
constexpr std::uint64_t kMostBody = 8 * 1024 * 1024;  // more says nothing new
constexpr std::size_t kPiece = 16 * 1024;

}  // namespace

Visit::Visit(net::Loop& loop, VisitPlan plan, OnDone on_done)
    : loop_(loop),
      plan_(std::move(plan)),
      on_done_(std::move(on_done)),
      started_(loop.now()),
      reader_(plan_.head_request, [this](std::string_view body) {
        seen_.body.append(body.substr(0, kBodyKept - std::min(kBodyKept, seen_.body.size())));
      }) {
  seen_.to = plan_.to;
  soon_ = loop_.soon([this] { start(); });
}

Visit::~Visit() = default;

void Visit::start() {
  started_ = loop_.now();
  limit_ = loop_.after(plan_.time_limit, [this] {
    seen_.timed_out = true;
    fail("no answer within " + net::format_duration(plan_.time_limit));
  });
  connect_timer_ = loop_.after(plan_.connect_timeout, [this] {
    seen_.timed_out = true;
    fail("no answer within " + net::format_duration(plan_.connect_timeout));
  });
  auto connection = net::Connection::connect(loop_, plan_.to);
  if (!connection) return fail(std::strerror(connection.error().code), connection.error().code);
  connection_.emplace(std::move(*connection));
  connection_->on_ready([this](net::Ready ready) { on_ready(ready); });
  if (connection_->connecting()) {
    connection_->watch({.write = true});
  } else {
    on_ready({.write = true});
  }
}

void Visit::watch() {
  if (done_) return;
  const net::Tls* tls = connection_->tls();
  if (tls != nullptr && !tls->handshaken())
    return connection_->watch(connection_->handshake_interest());
  connection_->watch({.read = true, .write = sent_ < plan_.request.size()});
}

void Visit::on_ready(net::Ready ready) {
  if (done_ || (seen_.reached == Reached::nothing && !finish_connect())) return;
  if (!shake_hands()) return;
  if (plan_.request.empty()) return finish();
  if (ready.write) send_more();
  if (!done_ && ready.read) read_some();
  watch();
}

bool Visit::finish_connect() {
  if (connection_->connecting()) {
    if (const int error = connection_->take_error(); error != 0) {
      fail(std::strerror(error), error);
      return false;
    }
  }
  seen_.reached = Reached::connected;
  seen_.connected = since_start();
  if (plan_.tls == nullptr) {
    connect_timer_.cancel();
    return true;
  }
  net::Tls& tls = connection_->start_tls(*plan_.tls);
  if (!plan_.server_name.empty()) tls.set_server_name(plan_.server_name);
  return true;
}

// False as long as it is not there.
bool Visit::shake_hands() {
  const net::Tls* tls = connection_->tls();
  if (tls == nullptr || tls->handshaken()) return true;
  const Transfer step = connection_->handshake();
  if (step.state == Transfer::State::again) {
    watch();
    return false;
  }
  if (step.state != Transfer::State::done) {
    seen_.tls_failed = true;
    seen_.closed = step.state == Transfer::State::end;
    const bool reset = step.code == ECONNRESET;
    fail(step.state == Transfer::State::error ? tls->failure().text
         : reset                              ? "the connection was reset in the handshake"
                                              : "the connection was closed in the handshake",
         step.code);
    return false;
  }
  take_tls();
  return true;
}

void Visit::take_tls() {
  const net::Tls& tls = *connection_->tls();
  connect_timer_.cancel();
  seen_.reached = Reached::handshaken;
  seen_.handshaken = since_start();
  seen_.tls = TlsSeen{.protocol = tls.protocol(),
                      .cipher = tls.cipher(),
                      .chain = tls.peer_certificates(),
                      .verify_error = tls.verify_error(),
                      .verify_words = net::Tls::verify_words(tls.verify_error()),
                      .name_matches = tls.certificate_matches(plan_.verify_name)};
}

void Visit::send_more() {
  while (sent_ < plan_.request.size()) {
    const Transfer t = connection_->write(std::string_view(plan_.request).substr(sent_));
    if (t.state == Transfer::State::again) return;
    if (t.state != Transfer::State::done) {
      // What the peer said before it closed is still to be read.
      sent_ = plan_.request.size();
      return;
    }
    sent_ += t.bytes;
  }
  if (seen_.reached < Reached::sent) seen_.reached = Reached::sent;
}

void Visit::read_some() {
  std::array<char, kPiece> buffer;
  const Transfer t = connection_->read(buffer);
  if (t.state == Transfer::State::again) return;
  if (t.state != Transfer::State::done) return end_of_stream(t);
  take(std::string_view(buffer.data(), t.bytes));
}

void Visit::take(std::string_view bytes) {
  if (!seen_.first_byte) seen_.first_byte = since_start();
  const auto room = kFirstBytes - std::min(kFirstBytes, seen_.first_bytes.size());
  seen_.first_bytes += bytes.substr(0, room);
  if (plan_.first_bytes_only) return finish();
  reader_.feed(bytes);
  if (reader_.has_head() && seen_.reached < Reached::header) {
    seen_.reached = Reached::header;
    seen_.header = since_start();
  }
  const Reading reading = reader_.reading();
  if (reading == Reading::complete) {
    seen_.reached = Reached::complete;
    finish();
  } else if (reading == Reading::invalid) {
    fail(reader_.has_head() ? "its body is not in HTTP's chunks" : "its header is not HTTP");
  } else if (reader_.body_size() > kMostBody) {
    seen_.reached = Reached::complete;  // enough of it
    finish();
  }
}

void Visit::end_of_stream(const Transfer& transfer) {
  reader_.finish_on_eof();
  seen_.closed = true;
  const bool reset = transfer.code == ECONNRESET;
  if (reader_.reading() == Reading::complete && !reset) {
    seen_.reached = Reached::complete;
    return finish();
  }
  const net::Tls* tls = connection_->tls();
  if (tls != nullptr && transfer.state == Transfer::State::error && !tls->failure().system) {
    seen_.tls_failed = true;
    return fail(tls->failure().text, transfer.code);
  }
  if (reader_.reading() == Reading::not_http) return fail("it does not speak HTTP");
  const std::string how = reset ? "reset" : "closed";
  if (seen_.reached >= Reached::header)
    return fail(fmt::format("the connection was {} in the middle of the body", how), transfer.code);
  fail(fmt::format("the connection was {} {}", how,
                   seen_.first_byte ? "in the middle of the header" : "without an answer"),
       transfer.code);
}

void Visit::fail(std::string why, int code) {
  if (done_) return;
  seen_.failure = std::move(why);
  seen_.code = code;
  finish();
}

void Visit::finish() {
  if (done_) return;
  done_ = true;
  seen_.took = since_start();
  connect_timer_.cancel();
  limit_.cancel();
  if (reader_.has_head()) seen_.head = reader_.head();
  seen_.reading = reader_.reading();
  seen_.body_bytes = reader_.body_size();
  if (connection_) connection_->watch({});
  // Not from inside the connection's own callbacks: the receiver may destroy all this.
  soon_ = loop_.soon([this] {
    if (connection_) connection_->close();
    on_done_(std::move(seen_));
  });
}

}  // namespace badgate::harness::probe
