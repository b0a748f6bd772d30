#include "fault_backends/syn_drop.h"

#include <fmt/core.h>

#include <utility>

#include "fault_backends/socket_filter.h"

namespace badgate::fault_backends {

net::Result<SynDrop> SynDrop::start(net::Listener& listener, std::optional<Mechanism> mechanism) {
  if (listener.address().is_unix()) return net::fail("a unix socket has no SYN to drop");
  if (mechanism != Mechanism::full_backlog) {
    const auto attached = SocketFilter::drop_all().attach(listener.fd());
    if (attached) return SynDrop(listener, nullptr);
    if (mechanism) return tl::unexpected(attached.error());
  }
  listener.pause();
  auto full = FullBacklog::fill(listener.fd(), listener.address());
  if (full) return SynDrop(listener, std::make_unique<FullBacklog>(std::move(*full)));
  listener.resume();
  return tl::unexpected(full.error());
}

SynDrop::SynDrop(SynDrop&& other) noexcept
    : listener_(std::exchange(other.listener_, nullptr)), full_(std::move(other.full_)) {}

SynDrop& SynDrop::operator=(SynDrop&& other) noexcept {
  std::swap(listener_, other.listener_);
  std::swap(full_, other.full_);
  return *this;
}

SynDrop::~SynDrop() {
  if (listener_ != nullptr) detach_socket_filter(listener_->fd());
}

std::vector<net::UniqueFd> SynDrop::stop(int backlog) {
  if (listener_ == nullptr) return {};
  auto& listener = *std::exchange(listener_, nullptr);
  if (full_) {
    auto waiting = full_->release(backlog);
    listener.resume();
    return waiting;
  }
  detach_socket_filter(listener.fd());
  return {};
}

SynDrop::Mechanism SynDrop::mechanism() const {
  return full_ ? Mechanism::full_backlog : Mechanism::socket_filter;
}

std::string SynDrop::receipt() const {
  return fmt::format("SYN dropped ({})", mechanism() == Mechanism::socket_filter
                                             ? "socket filter"
                                             : "full accept queue");
}

}  // namespace badgate::fault_backends
