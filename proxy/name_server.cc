#include "proxy/name_server.h"

#include <fmt/core.h>

#include <array>

namespace badgate::proxy {
namespace {

using namespace std::chrono_literals;
using State = net::Transfer::State;

constexpr std::size_t kUdpSize = 4096;       // NGX_RESOLVER_UDP_SIZE; the rest is lost
constexpr std::size_t kTcpWriteSize = 8192;  // NGX_RESOLVER_TCP_WSIZE
constexpr net::Duration kTcpTimeout = 5s;    // tcp_timeout
constexpr unsigned kMostReads = 100;         // in one turn of the loop

// ngx_connection_error for a connection that has no setting of its own.
Level level_of(int error) {
  return connection_error_level(error, Level::error);
}

}  // namespace

NameServer::NameServer(net::Loop& loop, net::Address address, ErrorLog& log, OnMessage on_message)
    : loop_(loop),
      address_(std::move(address)),
      log_(log),
      on_message_(std::move(on_message)),
      action_(fmt::format("resolving, resolver: {}", address_.to_string())) {}

NameServer::~NameServer() {
  *alive_ = false;
}

// ngx_resolver_log_error
void NameServer::log_failure(Level level, std::string_view message, int error) {
  LogContext context;
  context.action = action_;
  log_.write(loop_.wall(), level, message, error, context);
}

// ---- UDP

bool NameServer::send_udp(std::string_view query) {
  if (!udp_) {
    auto socket = net::DatagramSocket::connect(loop_, address_);
    if (!socket) {
      const auto& error = socket.error();
      log_failure(error.message == "connect" ? Level::crit : Level::alert,
                  error.message + "() failed", error.code);
      return false;
    }
    udp_ = std::move(*socket);
    udp_->on_readable([this] { read_udp(); });
  }
  const auto sent = udp_->send(query);
  if (sent.state == State::done) return true;
  if (sent.state == State::error) log_failure(level_of(sent.code), "send() failed", sent.code);
  udp_.reset();
  return false;
}

void NameServer::read_udp() {
  const auto alive = alive_;
  std::array<char, kUdpSize> buffer;
  for (unsigned i = 0; i < kMostReads && *alive && udp_; ++i) {
    const auto got = udp_->receive(buffer);
    if (got.state == State::again) return;
    if (got.state != State::done) {
      log_failure(level_of(got.code), "recv() failed", got.code);
      udp_.reset();
      return;
    }
    on_message_(std::string_view(buffer.data(), got.bytes), false);
  }
}

// ---- TCP: each message after its length in two bytes (RFC 1035, section 4.2.2)

bool NameServer::send_tcp(std::string_view query) {
  const bool fresh = !tcp_;
  if (fresh && !open_tcp()) return false;
  if (out_.size() + 2 + query.size() > kTcpWriteSize) {
    log_failure(Level::crit, "buffer overflow", 0);
    return false;
  }
  out_ += static_cast<char>(query.size() >> 8 & 0xff);
  out_ += static_cast<char>(query.size() & 0xff);
  out_ += query;
  if (fresh && !tcp_->connecting()) write_tcp();
  if (tcp_) tcp_->watch({.read = !tcp_->connecting(), .write = !out_.empty()});
  return true;
}

// ngx_tcp_connect
bool NameServer::open_tcp() {
  out_.clear();
  in_.clear();
  auto connection = net::Connection::connect(loop_, address_);
  if (!connection) {
    const auto& error = connection.error();
    const bool in_connect = error.message == "connect";
    log_failure(in_connect ? level_of(error.code) : Level::alert,
                in_connect ? fmt::format("connect() to {} failed", address_.to_string())
                           : error.message + "() failed",
                error.code);
    return false;
  }
  tcp_ = std::make_unique<net::Connection>(std::move(*connection));
  tcp_->on_ready([this](net::Ready ready) { on_tcp_ready(ready); });
  tcp_timer_ = loop_.after(kTcpTimeout, [this] { close_tcp(); });
  return true;
}

void NameServer::on_tcp_ready(net::Ready ready) {
  const auto alive = alive_;
  if (tcp_->connecting()) {
    // nginx looks at what can be read first, so that this is a recv() to it.
    if (const int error = tcp_->take_error(); error != 0) {
      log_failure(level_of(error), "recv() failed", error);
      return close_tcp();
    }
  }
  if (ready.read) read_tcp();
  if (!*alive || !tcp_) return;
  if (ready.write) write_tcp();
  if (tcp_) tcp_->watch({.read = true, .write = !out_.empty()});
}

void NameServer::write_tcp() {
  if (out_.empty()) return;
  const auto sent = tcp_->write(out_);
  if (sent.state == State::error) {
    log_failure(level_of(sent.code), "send() failed", sent.code);
    return close_tcp();
  }
  if (sent.bytes == 0) return;
  out_.erase(0, sent.bytes);
  tcp_timer_ = loop_.after(kTcpTimeout, [this] { close_tcp(); });
}

void NameServer::read_tcp() {
  const auto alive = alive_;
  std::array<char, kUdpSize> buffer;
  for (unsigned i = 0; i < kMostReads && *alive && tcp_; ++i) {
    const auto got = tcp_->read(buffer);
    if (got.state == State::again) return;
    if (got.state != State::done) {
      if (got.state == State::error) log_failure(level_of(got.code), "recv() failed", got.code);
      return close_tcp();
    }
    in_.append(buffer.data(), got.bytes);
    take_messages();
  }
}

// A message has at most 65535 bytes, so what waits in `in_` is bounded.
void NameServer::take_messages() {
  const auto alive = alive_;
  while (*alive && in_.size() >= 2) {
    const std::size_t size = static_cast<std::size_t>(static_cast<unsigned char>(in_[0])) << 8 |
                             static_cast<unsigned char>(in_[1]);
    if (in_.size() < 2 + size) return;
    const std::string message = in_.substr(2, size);
    in_.erase(0, 2 + size);
    on_message_(message, true);
  }
}

void NameServer::close_tcp() {
  tcp_timer_.cancel();
  tcp_.reset();
}

}  // namespace badgate::proxy
