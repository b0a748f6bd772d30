#include "fault_backends/full_backlog.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "net/connection.h"

namespace badgate::fault_backends {
namespace {

// listen(0) leaves room for one connection, on older kernels for a few more.
constexpr std::size_t kMaxFillers = 64;
constexpr int kMaxWaiting = 65536;

tl::unexpected<net::Error> failed(const char* call) {
  const int code = errno;
  return net::fail(
      fmt::format("full accept queue: {}() failed ({}: {})", call, code, std::strerror(code)),
      code);
}

net::Address name_of(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* name = reinterpret_cast<sockaddr*>(&storage);
  if (getsockname(fd, name, &size) != 0) return {};
  return net::Address::from(name, size);
}

// A unix socket that connects has no name unless it is given one; Linux chooses one that is free
// in the abstract name space when only the family is bound (unix(7), autobind).
bool give_name(int fd) {
  const sockaddr_storage family_only{.ss_family = AF_UNIX};
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&family_only), sizeof(sa_family_t)) == 0;
}

struct Attempt {
  net::UniqueFd fd;
  bool connected = false;  // otherwise turned away
};

net::Result<Attempt> try_connect(const net::Address& to) {
  net::UniqueFd fd = net::open_socket(to.family());
  if (!fd) return failed("socket");
  const linger vanish{1, 0};  // no TIME_WAIT left behind
  (void)setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &vanish, sizeof vanish);
  if (to.is_unix() && !give_name(fd.get())) return failed("bind");
  if (::connect(fd.get(), to.data(), to.size()) == 0) return Attempt{std::move(fd), true};
  if (errno == EAGAIN) return Attempt{std::move(fd), false};
  if (errno != EINPROGRESS) return failed("connect");
  // A handshake over loopback is over when connect() returns, or its SYN was dropped.
  pollfd p{fd.get(), POLLOUT, 0};
  const bool over = ::poll(&p, 1, 0) > 0;
  if (over && (p.revents & (POLLERR | POLLHUP)) != 0) {
    return net::fail("full accept queue: nobody listens at " + to.to_string(), ECONNREFUSED);
  }
  return Attempt{std::move(fd), over};
}

bool same(const net::Address& a, const net::Address& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

net::Result<FullBacklog> FullBacklog::fill(int listener, const net::Address& address) {
  if (::listen(listener, 0) != 0) return failed("listen");
  FullBacklog full(listener, address);
  for (std::size_t i = 0; i < kMaxFillers; ++i) {
    const auto added = full.add_filler();
    if (!added) {
      (void)full.release(0);
      return tl::unexpected(added.error());
    }
    if (!*added) return full;
  }
  (void)full.release(0);
  return net::fail(
      fmt::format("full accept queue: {} still accepts after {} connections that nobody accepted",
                  address.to_string(), kMaxFillers));
}

net::Result<bool> FullBacklog::add_filler() {
  auto attempt = try_connect(address_);
  if (!attempt) return tl::unexpected(attempt.error());
  if (!attempt->connected) return false;
  auto name = name_of(attempt->fd.get());
  fillers_.push_back({std::move(attempt->fd), std::move(name)});
  return true;
}

bool FullBacklog::is_filler(const net::Address& peer) const {
  return std::any_of(fillers_.begin(), fillers_.end(),
                     [&](const Filler& f) { return same(f.name, peer); });
}

std::vector<net::UniqueFd> FullBacklog::release(int backlog) {
  std::vector<net::UniqueFd> others;
  std::vector<net::UniqueFd> accepted;  // closed after their fillers, which reset them
  for (int i = 0; i < kMaxWaiting; ++i) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    auto* name = reinterpret_cast<sockaddr*>(&storage);
    net::UniqueFd fd(::accept4(listener_, name, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd && (errno == EINTR || errno == ECONNABORTED)) continue;
    if (!fd) break;
    auto& keeper = is_filler(net::Address::from(name, size)) ? accepted : others;
    keeper.push_back(std::move(fd));
  }
  fillers_.clear();
  accepted.clear();
  (void)::listen(listener_, backlog);
  return others;
}

}  // namespace badgate::fault_backends
