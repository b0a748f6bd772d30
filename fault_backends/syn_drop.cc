#include "fault_backends/syn_drop.h"

#include <fmt/core.h>

#include <utility>

#include "fault_backends/socket_filter.h"

namespace badgate::fault_backends {

net::Result<SynDrop> SynDrop::start(net::Listener& listener, std::optional<Mechanism> mechanism) {
  if (listener.address().is_unix()) return net::fail("a unix socket has no SYN to drop");
  if (mechanism != Mechanism::full_backlog) {
    const auto attached = SocketFilter::drop_all().attach(listener.fd());
    if (attached) return SynDrop(listener, Filtered{});
    if (mechanism) return tl::unexpected(attached.error());
  }
  listener.pause();
  auto full = FullBacklog::fill(listener.fd(), listener.address());
  if (full) return SynDrop(listener, std::move(*full));
  listener.resume();
  return tl::unexpected(full.error());
}

SynDrop::SynDrop(SynDrop&& other) noexcept
    : listener_(std::exchange(other.listener_, nullptr)), state_(std::move(other.state_)) {}

SynDrop& SynDrop::operator=(SynDrop&& other) noexcept {
  std::swap(listener_, other.listener_);
  std::swap(state_, other.state_);
  return *this;
}

SynDrop::~SynDrop() {
  // A queue that is full ends with its fillers; a filter would stay as long as the listener.
  if (listener_ != nullptr) detach_socket_filter(listener_->fd());
}

std::vector<net::UniqueFd> SynDrop::stop(int backlog) {
  if (listener_ == nullptr) return {};
  auto& listener = *std::exchange(listener_, nullptr);
  if (auto* full = std::get_if<FullBacklog>(&state_)) {
    auto waiting = full->release(backlog);
    listener.resume();
    return waiting;
  }
  detach_socket_filter(listener.fd());
  return {};
}

SynDrop::Mechanism SynDrop::mechanism() const {
  return std::holds_alternative<Filtered>(state_) ? Mechanism::socket_filter
                                                  : Mechanism::full_backlog;
}

std::string SynDrop::receipt() const {
  return fmt::format("SYN dropped ({})", mechanism() == Mechanism::socket_filter
                                             ? "socket filter"
                                             : "full accept queue");
}

}  // namespace badgate::fault_backends
