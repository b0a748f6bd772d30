#include "harness/client.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "net/http1_writer.h"
#include "net/text.h"
#include "net/tls.h"

namespace badgate::harness {

using namespace std::chrono_literals;
using net::Transfer;
using net::http1::Reading;

namespace {

constexpr std::size_t kPiece = 16 * 1024;     // of a body, sent or read at once
constexpr std::size_t kBodyKept = 64 * 1024;  // of a response, for `body_contains`
constexpr net::Duration kTick = 100ms;        // of a slow upload or download …
constexpr net::Duration kSlowTick = 1s;       // … of less than kPiece a second
constexpr net::Duration kMoreGrace = 100ms;   // for what follows an answer to bytes of its own
constexpr net::Duration kCloseGrace = 6s;     // for an announced FIN: longer than lingering_timeout
constexpr std::string_view kPattern =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-+";

Completeness completeness_of(Reading reading, bool any_bytes) {
  switch (reading) {
    case Reading::complete:
      return Completeness::whole;
    case Reading::not_http:
      return Completeness::raw;
    default:
      return any_bytes ? Completeness::cut : Completeness::empty;
  }
}

// `size` bytes of the endless pattern, from byte `offset` of it on.
void append_pattern(std::string& out, std::uint64_t offset, std::uint64_t size) {
  while (size > 0) {
    const auto part = kPattern.substr(offset % kPattern.size(), size);
    out += part;
    offset += part.size();
    size -= part.size();
  }
}

// A rate in bytes a second, as so many bytes at a time.
struct Pace {
  net::Duration tick;
  std::uint64_t bytes;
};
Pace pace_of(std::uint64_t rate) {
  if (rate < kPiece) return {kSlowTick, rate};
  return {kTick, rate / 10};
}

net::http1::HeaderList headers_of(const Request& request) {
  net::http1::HeaderList headers;
  const auto given = [&](std::string_view name) {
    return std::any_of(request.headers.begin(), request.headers.end(),
                       [&](const auto& header) { return net::http1::iequals(header.first, name); });
  };
  if (!given("Host")) headers.push_back({"Host", "localhost"});
  if (!given("User-Agent")) headers.push_back({"User-Agent", "badgate"});
  for (const auto& [name, value] : request.headers)
    headers.push_back({name, value});
  if (!request.upgrade.empty()) {
    headers.push_back({"Connection", "Upgrade"});
    headers.push_back({"Upgrade", request.upgrade});
  }
  const std::uint64_t body = request.body.empty() ? request.body_bytes : request.body.size();
  if (request.chunked) {
    headers.push_back({"Transfer-Encoding", "chunked"});
  } else if (body > 0 && !given("Content-Length")) {
    headers.push_back({"Content-Length", std::to_string(body)});
  }
  return headers;
}

std::string describe(const Response& response) {
  const std::string what =
      response.status == 0 ? "no status line" : std::to_string(response.status);
  constexpr std::array<std::string_view, 4> words{"whole", "cut short", "nothing", "raw bytes"};
  return fmt::format("{}, {}, {} body bytes after {}", what,
                     words[static_cast<std::size_t>(response.completeness)], response.body_bytes,
                     net::format_duration(response.elapsed));
}

}  // namespace

Exchange::Exchange(net::Loop& loop, const net::Address& proxy, const net::TlsContext* tls,
                   const Request& request, std::optional<ClientConnection> kept, OnStep on_step,
                   OnDone on_done)
    : loop_(loop),
      proxy_(proxy),
      tls_(tls),
      request_(request),
      on_step_(std::move(on_step)),
      on_done_(std::move(on_done)),
      connection_(std::move(kept)),
      reader_(request.method == "HEAD", [this](std::string_view body) {
        const std::size_t room = kBodyKept - std::min(kBodyKept, response_.body.size());
        response_.body.append(body.substr(0, room));
      }) {
  body_left_ = request.body.empty() ? request.body_bytes : request.body.size();
}

Exchange::~Exchange() = default;

void Exchange::start() {
  response_.started = loop_.now();
  const int version =
      request_.http_version == "1.0" ? net::http1::version_10 : net::http1::version_11;
  head_ = !request_.data.empty() ? request_.data
                                 : net::http1::request_head(request_.method, request_.path,
                                                            headers_of(request_), version);
  if (!connection_) connect();
  if (done_) return;
  connection_->requests++;
  response_.nth = connection_->requests;
  response_.client_port = connection_->socket.local().port();
  connection_->socket.on_ready([this](Ready ready) { on_ready(ready); });
  if (request_.leave_after) {
    leave_timer_ = loop_.after(*request_.leave_after, [this] { leave("leaves"); });
  } else if (request_.refresh_after) {
    leave_timer_ = loop_.after(*request_.refresh_after, [this] { leave("presses reload"); });
  }
  on_step_(request_.data.empty() ? fmt::format("sends {} {}", request_.method, request_.path)
                                 : fmt::format("sends {} bytes", request_.data.size()));
  watch();
}

void Exchange::connect() {
  net::SocketOptions options;
  // A slow reader must not hide behind megabytes of kernel buffer.
  if (request_.download_rate) options.receive_buffer = 4096;
  auto socket = net::Connection::connect(loop_, proxy_, options);
  if (!socket) {
    on_step_(fmt::format("cannot connect to the proxy: {}", std::strerror(socket.error().code)));
    finish("refused");
    return;
  }
  connection_.emplace(ClientConnection{std::move(*socket), 0});
  if (request_.https) connection_->socket.start_tls(*tls_).set_server_name("localhost");
}

void Exchange::watch() {
  if (done_) return;
  const net::Tls* tls = connection_->socket.tls();
  if (tls != nullptr && !tls->handshaken() && !connection_->socket.connecting()) {
    connection_->socket.watch(connection_->socket.handshake_interest());
    return;
  }
  // Whoever has the whole response stops sending: nobody reads the rest of the body.
  const bool sending = !sent_ && !paused_send_ && !complete_;
  connection_->socket.watch({.read = !paused_read_, .write = sending});
}

void Exchange::on_ready(Ready ready) {
  if (connection_->socket.connecting() && ready.write) {
    if (const int error = connection_->socket.take_error(); error != 0) {
      on_step_(fmt::format("cannot connect to the proxy: {}", std::strerror(error)));
      finish("refused");
      return;
    }
  }
  if (!shake_hands()) return;
  if (ready.read) read_some();
  if (!done_ && ready.write && !complete_) send_more();
  watch();
}

// TLS: false as long as it is not there.
bool Exchange::shake_hands() {
  const net::Tls* tls = connection_->socket.tls();
  if (tls == nullptr || tls->handshaken()) return true;
  const Transfer step = connection_->socket.handshake();
  if (step.state == Transfer::State::error || step.state == Transfer::State::end) {
    on_step_("TLS handshake failed: " +
             (step.state == Transfer::State::error ? tls->failure().text : "the proxy closes"));
    finish(step.code == ECONNRESET ? "RST" : "FIN");
    return false;
  }
  watch();
  return step.state == Transfer::State::done;
}

// ---- sending

// How many bytes of the body may go out now.
std::uint64_t Exchange::send_allowance() {
  if (request_.upload_pause && !half_way_pause_done_) {
    const std::uint64_t total = body_sent_ + body_left_;
    const std::uint64_t half = total / 2;
    if (body_sent_ < half) return half - body_sent_;
    half_way_pause_done_ = true;
    paused_send_ = true;
    on_step_(fmt::format("stops after {} of {} body bytes for {}", body_sent_, total,
                         net::format_duration(*request_.upload_pause)));
    send_timer_ = loop_.after(*request_.upload_pause, [this] {
      paused_send_ = false;
      watch();
    });
    return 0;
  }
  if (!request_.upload_rate) return kPiece;
  if (send_credit_ > 0) return send_credit_;
  paused_send_ = true;
  const Pace pace = pace_of(*request_.upload_rate);
  send_timer_ = loop_.after(pace.tick, [this, pace] {
    paused_send_ = false;
    send_credit_ = pace.bytes;
    watch();
  });
  return 0;
}

// What is to be written next; empty: nothing now.
std::string_view Exchange::next_bytes() {
  if (!head_.empty()) return head_;
  if (piece_at_ < piece_.size()) return std::string_view(piece_).substr(piece_at_);
  if (body_left_ == 0) {
    if (!request_.chunked || last_chunk_sent_) return {};
    last_chunk_sent_ = true;
    piece_ = net::http1::last_chunk;
    piece_at_ = 0;
    return piece_;
  }
  const std::uint64_t size = std::min({body_left_, send_allowance(), std::uint64_t{kPiece}});
  if (size == 0) return {};
  piece_.clear();
  if (request_.chunked) net::http1::append_chunk_header(piece_, size);
  if (!request_.body.empty()) {
    piece_.append(request_.body, body_sent_, size);
  } else {
    append_pattern(piece_, body_sent_, size);
  }
  if (request_.chunked) piece_ += net::http1::crlf;
  piece_at_ = 0;
  body_left_ -= size;
  body_sent_ += size;
  if (request_.upload_rate) send_credit_ -= std::min(send_credit_, size);
  return piece_;
}

void Exchange::send_more() {
  while (!paused_send_) {
    const auto bytes = next_bytes();
    if (bytes.empty()) {
      if (!paused_send_) after_send();
      return;
    }
    const Transfer t = connection_->socket.write(bytes);
    if (t.state == Transfer::State::again) return;
    if (t.state == Transfer::State::error) {
      // The proxy has closed on us; what it said before that is still to be read.
      sent_ = true;
      return;
    }
    if (!head_.empty()) {
      head_.erase(0, t.bytes);
    } else {
      piece_at_ += t.bytes;
    }
    if (request_.leave_after_bytes && body_sent_ >= *request_.leave_after_bytes) {
      leave(fmt::format("leaves after {} body bytes", body_sent_));
      return;
    }
  }
}

void Exchange::after_send() {
  sent_ = true;
  if (body_sent_ > 0) on_step_(fmt::format("has sent its body of {} bytes", body_sent_));
}

// ---- receiving

void Exchange::read_some() {
  std::array<char, kPiece> buffer;
  std::size_t size = buffer.size();
  if (request_.download_rate) {
    size = std::min<std::size_t>(size, pace_of(*request_.download_rate).bytes);
  }
  const Transfer t = connection_->socket.read(std::span(buffer).first(size));
  switch (t.state) {
    case Transfer::State::again:
      return;
    case Transfer::State::end:
      on_end(t.code == ECONNRESET ? "RST" : "FIN");
      return;
    case Transfer::State::error:
      on_end(t.code == ECONNRESET ? "RST" : std::strerror(t.code));
      return;
    case Transfer::State::done:
      take(std::string_view(buffer.data(), t.bytes));
  }
  if (request_.download_rate && !done_) {
    paused_read_ = true;
    read_timer_ = loop_.after(pace_of(*request_.download_rate).tick, [this] {
      paused_read_ = false;
      watch();
    });
  }
}

void Exchange::take(std::string_view bytes) {
  if (complete_) return;  // bytes after the response; the proxy's fault shows in its own counts
  if (tunnel_) return hear(bytes);
  const std::size_t used = reader_.feed(bytes);
  const Reading reading = reader_.reading();
  if (reading == Reading::reading || reading == Reading::not_http) return;
  const bool switched = reader_.has_head() && reader_.head().status == 101;
  if (switched && !request_.upgrade.empty()) return open_tunnel(bytes.substr(used));
  complete_ = true;
  response_.elapsed = loop_.now() - response_.started;
  settle_connection();
}

void Exchange::on_end(std::string how) {
  if (!complete_) {
    reader_.finish_on_eof();
    response_.elapsed = loop_.now() - response_.started;
  }
  finish(std::move(how));
}

// The response is complete: see whether the proxy closes or keeps the connection.
void Exchange::settle_connection() {
  leave_timer_.cancel();
  if (!reader_.reusable() || !sent_) {
    settle_timer_ = loop_.after(kCloseGrace, [this] { finish("kept"); });
    return;
  }
  // Bytes of its own may have more in them than one request: the answer to the rest follows.
  settle_timer_ = loop_.after(request_.data.empty() ? net::Duration::zero() : kMoreGrace,
                              [this] { finish("kept"); });
}

void Exchange::leave(std::string_view why) {
  on_step_(std::string(why));
  response_.client_left = true;
  response_.elapsed = loop_.now() - response_.started;
  finish("left");
}

void Exchange::finish(std::string connection_end) {
  if (done_) return;
  done_ = true;
  leave_timer_.cancel();
  send_timer_.cancel();
  read_timer_.cancel();
  settle_timer_.cancel();
  response_.connection_end = std::move(connection_end);
  if (reader_.has_head()) {
    response_.status = reader_.head().status;
    for (const auto& header : reader_.head().headers) {
      response_.headers.emplace_back(header.name, header.value);
    }
  }
  response_.completeness = completeness_of(reader_.reading(), reader_.bytes() > 0);
  response_.body_bytes = reader_.body_size();
  response_.body_hash = fmt::format("{:016x}", reader_.body_hash());
  if (tunnel_) describe_tunnel();
  if (!response_.client_left) on_step_("receives " + describe(response_));

  if (connection_) connection_->socket.watch({});
  if (response_.connection_end != "kept" && connection_) connection_->socket.close();
  if (connection_ && !connection_->socket.is_open()) connection_.reset();
  // Not from inside this object's own callbacks: the receiver destroys it.
  settle_timer_ = loop_.soon(
      [this] { on_done_(std::move(response_), std::exchange(connection_, std::nullopt)); });
}

}  // namespace badgate::harness
