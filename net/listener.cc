#include "net/listener.h"

#include <fmt/core.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace badgate::net {
namespace {

constexpr auto kRetryDelay = std::chrono::milliseconds(500);

tl::unexpected<Error> failed(const char* call, const Address& address) {
  const int code = errno;
  return fail(
      fmt::format("{}({}) failed ({}: {})", call, address.to_string(), code, std::strerror(code)),
      code);
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::open(Loop& loop, const Address& address,
                                                 Options options, OnAccept on_accept) {
  UniqueFd fd = open_socket(address.family());
  if (!fd) return failed("socket", address);
  apply_options(fd.get(), options.socket);
  const int on = 1;
  (void)setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), address.data(), address.size()) != 0) return failed("bind", address);

  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getsockname(fd.get(), reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return failed("getsockname", address);
  }
  const auto bound = Address::from(reinterpret_cast<const sockaddr*>(&storage), size);
  std::unique_ptr<Listener> listener(
      new Listener(loop, std::move(fd), bound, options.accepts_a_turn, std::move(on_accept)));
  if (::listen(listener->fd(), options.backlog) != 0) return failed("listen", address);
  listener->resume();
  return listener;
}

Listener::Listener(Loop& loop, UniqueFd fd, Address address, unsigned accepts_a_turn,
                   OnAccept on_accept)
    : loop_(loop),
      fd_(std::move(fd)),
      address_(std::move(address)),
      accepts_a_turn_(accepts_a_turn),
      on_accept_(std::move(on_accept)) {}

Listener::~Listener() {
  *alive_ = false;
  watch_.reset();
  if (address_.is_unix() && unlink_) ::unlink(address_.path().c_str());
}

void Listener::pause() {
  retry_.cancel();
  watch_.reset();
}

void Listener::resume() {
  if (watch_) return;
  watch_ = loop_.watch(fd_.get(), {.read = true}, [this](Ready) { accept_some(); });
}

void Listener::accept_failed(int error) {
  watch_.reset();
  retry_ = loop_.after(kRetryDelay, [this] { resume(); });
  if (on_error_) on_error_(error);
}

void Listener::accept_some() {
  const auto alive = alive_;  // a callback may destroy this listener
  for (unsigned i = 0; *alive && watch_ && i < accepts_a_turn_; ++i) {
    if (const int refused = before_accept_ ? before_accept_() : 0; refused != 0) {
      // Only of the first it is known that somebody waits.
      if (i == 0) accept_failed(refused);
      return;
    }
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    UniqueFd fd(::accept4(fd_.get(), reinterpret_cast<sockaddr*>(&storage), &size,
                          SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) accept_failed(errno);
      return;
    }
    auto peer = Address::from(reinterpret_cast<const sockaddr*>(&storage), size);
    on_accept_(Connection(loop_, std::move(fd), peer));
  }
}

}  // namespace badgate::net
