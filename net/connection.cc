#include "net/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "net/retry_interrupted.h"
#include "net/tls.h"

namespace badgate::net {
namespace {

constexpr std::size_t kTlsRecord = 16 * 1024;

void set_option(int fd, int level, int name, int value) {
  // A refused option leaves the kernel's default, which is always a working socket.
  (void)setsockopt(fd, level, name, &value, sizeof value);
}

Transfer outcome_of(ssize_t n) {
  if (n > 0) return {Transfer::State::done, static_cast<std::size_t>(n), 0};
  if (n == 0) return {Transfer::State::end, 0, 0};
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {Transfer::State::again, 0, 0};
  return {Transfer::State::error, 0, errno};
}

}  // namespace

UniqueFd open_socket(int family) {
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd && family != AF_UNIX) set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  return fd;
}

void apply_options(int fd, const SocketOptions& options) {
  if (options.receive_buffer > 0) set_option(fd, SOL_SOCKET, SO_RCVBUF, options.receive_buffer);
  if (options.send_buffer > 0) set_option(fd, SOL_SOCKET, SO_SNDBUF, options.send_buffer);
}

Connection::Connection(Loop& loop, UniqueFd fd, Address peer)
    : loop_(&loop), fd_(std::move(fd)), peer_(std::move(peer)) {}

Result<Connection> Connection::connect(Loop& loop, const Address& peer, SocketOptions options) {
  if (!loop.may_reach(peer)) return fail("connect", EPERM);
  UniqueFd fd = open_socket(peer.family());
  if (!fd) return fail("socket", errno);
  apply_options(fd.get(), options);
  Connection connection(loop, std::move(fd), peer);
  if (options.bind && ::bind(connection.fd(), options.bind->data(), options.bind->size()) != 0) {
    return fail("bind", errno);
  }
  if (::connect(connection.fd(), peer.data(), peer.size()) != 0) {
    if (errno != EINPROGRESS) return fail("connect", errno);
    connection.connecting_ = true;
  }
  return connection;
}

Connection::Connection(Connection&&) noexcept = default;

Connection& Connection::operator=(Connection&& other) noexcept {
  if (this != &other) {
    close();
    loop_ = other.loop_;
    fd_ = std::move(other.fd_);
    peer_ = std::move(other.peer_);
    connecting_ = other.connecting_;
    on_ready_ = std::move(other.on_ready_);
    tls_ = std::move(other.tls_);
    watch_ = std::move(other.watch_);
    rest_ = std::move(other.rest_);
  }
  return *this;
}

Connection::~Connection() {
  close();
}

Address Connection::local() const {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  return Address::from(reinterpret_cast<const sockaddr*>(&storage), size);
}

Transfer Connection::read(std::span<char> into) {
  if (tls_) [[unlikely]]
    return read_tls(into);
  return outcome_of(
      retry_interrupted([&] { return ::recv(fd_.get(), into.data(), into.size(), 0); }));
}

Transfer Connection::write(std::string_view bytes) {
  if (tls_) [[unlikely]]
    return tls_->write(bytes);
  return outcome_of(retry_interrupted(
      [&] { return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }));
}

Transfer Connection::readv(std::span<const iovec> into) {
  if (tls_) [[unlikely]]
    return readv_tls(into);
  return outcome_of(retry_interrupted(
      [&] { return ::readv(fd_.get(), into.data(), static_cast<int>(into.size())); }));
}

Transfer Connection::writev(std::span<const iovec> pieces) {
  if (tls_) [[unlikely]]
    return writev_tls(pieces);
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());  // sendmsg does not write through it
  message.msg_iovlen = pieces.size();
  return outcome_of(
      retry_interrupted([&] { return ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL); }));
}

void Connection::watch(Ready interest) {
  if (!is_open()) return;
  if (watch_) {
    if (on_ready_) watch_->on_ready(std::exchange(on_ready_, nullptr));
    watch_->set(interest);
  } else if (interest != Ready{}) {
    watch_ = loop_->watch(fd_.get(), interest, std::exchange(on_ready_, nullptr));
  }
  if (tls_) [[unlikely]]
    announce_rest();
}

Ready Connection::watched() const {
  return watch_ ? watch_->interest() : Ready{};
}

bool Connection::peer_closed() const {
  pollfd p{fd_.get(), POLLRDHUP, 0};
  return ::poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

bool Connection::has_input() const {
  if (tls_ && tls_->has_more()) return true;
  pollfd p{fd_.get(), POLLIN, 0};
  return ::poll(&p, 1, 0) > 0 && p.revents != 0;
}

int Connection::take_error() {
  connecting_ = false;
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

void Connection::shutdown_write() {
  ::shutdown(fd_.get(), SHUT_WR);
}

void Connection::close_notify() {
  if (tls_) tls_->close_notify();
}

void Connection::close() {
  rest_.cancel();
  if (tls_) tls_->forget_socket();
  watch_.reset();
  fd_.close();
}

void Connection::reset() {
  if (!is_open()) return;
  const linger abort{1, 0};
  (void)setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
  close();
}

// ---- TLS

Tls& Connection::start_tls(const TlsContext& context) {
  tls_ = std::make_unique<Tls>(context, fd_.get(), loop_->wall());
  return *tls_;
}

void Connection::stop_tls() {
  rest_.cancel();
  tls_.reset();
}

Transfer Connection::handshake() {
  return tls_->handshake();
}

Ready Connection::handshake_interest() const {
  if (tls_->wants_write()) return {.write = true};
  return {.read = true};
}

Transfer Connection::read_tls(std::span<char> into) {
  const Transfer transfer = tls_->read(into);
  announce_rest();
  return transfer;
}

// As ngx_ssl_recv_chain: one piece after the other as long as there is something.
Transfer Connection::readv_tls(std::span<const iovec> into) {
  Transfer total;
  for (const iovec& piece : into) {
    const auto got = tls_->read({static_cast<char*>(piece.iov_base), piece.iov_len});
    if (got.state != Transfer::State::done) {
      if (total.bytes == 0) total = got;
      break;
    }
    total.state = Transfer::State::done;
    total.bytes += got.bytes;
    if (got.bytes < piece.iov_len) break;
  }
  announce_rest();
  return total;
}

// As ngx_ssl_send_chain: small pieces go out together, as one record.
Transfer Connection::writev_tls(std::span<const iovec> pieces) {
  std::array<char, kTlsRecord> record;
  Transfer total;
  std::size_t piece = 0;
  std::size_t offset = 0;  // in the piece
  while (piece < pieces.size()) {
    std::size_t size = 0;
    for (; piece < pieces.size() && size < record.size(); offset = 0, ++piece) {
      const std::size_t left = pieces[piece].iov_len - offset;
      const std::size_t taken = std::min(left, record.size() - size);
      std::memcpy(record.data() + size, static_cast<char*>(pieces[piece].iov_base) + offset, taken);
      size += taken;
      offset += taken;
      if (taken < left) break;
    }
    if (size == 0) break;
    const Transfer moved = tls_->write({record.data(), size});
    if (moved.state != Transfer::State::done) {
      if (total.bytes == 0) total = moved;
      break;
    }
    total.state = Transfer::State::done;
    total.bytes += moved.bytes;
    if (moved.bytes < size) break;
  }
  return total;
}

// OpenSSL reads ahead: what it holds would never make the socket ready again.
void Connection::announce_rest() {
  if (!watched().read || !tls_->has_more()) {
    rest_.cancel();
  } else if (!rest_.armed()) {
    rest_ = loop_->soon([watch = watch_.get()] { watch->announce({.read = true}); });
  }
}

}  // namespace badgate::net
