#include "proxy/keepalive_pool.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace badgate::proxy {
namespace {

// The server has neither closed, nor reset, nor said anything.
bool is_silent(const net::Connection& connection) {
  char byte = 0;
  const auto n = ::recv(connection.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

}  // namespace

KeepalivePool::Limits KeepalivePool::Limits::of(const Upstream& upstream, const Rules& rules) {
  return {.connections = kept_connections(upstream, rules),
          .requests = upstream.keepalive_requests,
          .time = upstream.keepalive_time,
          .timeout = upstream.keepalive_timeout};
}

KeepalivePool::KeepalivePool(net::Loop& loop, Limits limits) : loop_(loop), limits_(limits) {}

std::optional<KeptConnection> KeepalivePool::take(const net::Address& peer) {
  const auto at = std::find_if(idle_.begin(), idle_.end(), [&](const Idle& idle) {
    return idle.kept.connection.peer() == peer;
  });
  if (at == idle_.end()) return std::nullopt;
  KeptConnection kept = std::move(at->kept);
  idle_.erase(at);
  return kept;
}

bool KeepalivePool::keep(KeptConnection kept, bool silent) {
  // What is refused is closed here, with its scope.
  if (limits_.connections == 0 || !kept.connection.is_open()) return false;
  if (kept.requests >= limits_.requests) return false;
  if (loop_.now() - kept.opened > limits_.time) return false;
  // nginx closes the oldest even if the newcomer turns out to be dead.
  if (idle_.size() >= limits_.connections) idle_.pop_back();
  if (!silent && !is_silent(kept.connection)) return false;
  idle_.push_front({std::move(kept), net::Timer()});
  watch(idle_.begin());
  return true;
}

void KeepalivePool::watch(Position at) {
  at->timer = loop_.after(limits_.timeout, [this, at] { idle_.erase(at); });
  at->kept.connection.on_ready([this, at](net::Ready) {
    if (!is_silent(at->kept.connection)) idle_.erase(at);
  });
  at->kept.connection.watch({.read = true});
}

void KeepalivePool::clear() {
  idle_.clear();
}

}  // namespace badgate::proxy
