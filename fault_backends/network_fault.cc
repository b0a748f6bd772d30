#include "fault_backends/network_fault.h"

#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <utility>

#include "fault_backends/full_backlog.h"
#include "fault_backends/socket_filter.h"
#include "fault_backends/syn_drop.h"

namespace badgate::fault_backends {
namespace {

using Started = net::Result<std::unique_ptr<NetworkFault>>;

class DroppedSyn final : public NetworkFault {
 public:
  explicit DroppedSyn(SynDrop drop) : drop_(std::move(drop)) {}
  std::vector<net::UniqueFd> stop(int backlog) override { return drop_.stop(backlog); }
  std::string receipt() const override { return drop_.receipt(); }
  bool holds_listener() const override {
    return drop_.mechanism() == SynDrop::Mechanism::full_backlog;
  }

  static Started start(net::Listener& listener) {
    auto drop = SynDrop::start(listener);
    if (!drop) return tl::unexpected(drop.error());
    return std::make_unique<DroppedSyn>(std::move(*drop));
  }

 private:
  SynDrop drop_;
};

class FilledBacklog final : public NetworkFault {
 public:
  FilledBacklog(net::Listener& listener, FullBacklog full)
      : listener_(listener), full_(std::move(full)) {}

  std::vector<net::UniqueFd> stop(int backlog) override {
    auto waiting = full_.release(backlog);
    listener_.resume();
    return waiting;
  }
  bool holds_listener() const override { return true; }
  std::string receipt() const override { return "connection not accepted (full accept queue)"; }

  static Started start(net::Listener& listener) {
    listener.pause();
    auto full = FullBacklog::fill(listener.fd(), listener.address());
    if (full) return std::make_unique<FilledBacklog>(listener, std::move(*full));
    listener.resume();
    return tl::unexpected(full.error());
  }

 private:
  net::Listener& listener_;
  FullBacklog full_;
};

class FilteredPackets final : public NetworkFault {
 public:
  FilteredPackets(net::Listener& listener, std::string receipt)
      : listener_(listener), receipt_(std::move(receipt)) {}

  std::vector<net::UniqueFd> stop(int) override {
    detach_socket_filter(listener_.fd());
    return {};
  }
  std::string receipt() const override { return receipt_; }

  static Started start(net::Listener& listener, const SocketFilter& filter, std::string receipt) {
    if (auto attached = filter.attach(listener.fd()); !attached) {
      return tl::unexpected(attached.error());
    }
    return std::make_unique<FilteredPackets>(listener, std::move(receipt));
  }

 private:
  net::Listener& listener_;
  std::string receipt_;
};

class Routed final : public NetworkFault {
 public:
  Routed(net::NetworkNamespace& network, net::Address address, net::Route route)
      : network_(network), address_(std::move(address)), route_(route) {}

  // Also when nobody stops it: a process that starts again cannot bind an address without a route.
  ~Routed() override { restore(); }
  Routed(const Routed&) = delete;
  Routed& operator=(const Routed&) = delete;

  std::vector<net::UniqueFd> stop(int) override {
    restore();
    return {};
  }
  std::string receipt() const override {
    if (route_ == net::Route::none) return "no route (network namespace)";
    return fmt::format("no route: {} (network namespace)", to_string(route_));
  }

  static Started start(const net::Listener& listener, net::NetworkNamespace* network,
                       net::Route route) {
    if (network == nullptr) return net::fail("a route needs a network namespace of one's own");
    if (auto set = network->set_route(listener.address(), route); !set) {
      return tl::unexpected(set.error());
    }
    return std::make_unique<Routed>(*network, listener.address(), route);
  }

 private:
  // Fails only when the kernel has no memory left for a route.
  void restore() { (void)network_.set_route(address_, net::Route::local); }

  net::NetworkNamespace& network_;
  net::Address address_;
  net::Route route_;
};

// Where the filter is not allowed, it is inside a namespace.
net::Result<Needs> needs_filter(Needs needs) {
  const auto filter = SocketFilter::available();
  if (filter) return needs;
  needs.network_namespace = true;
  const auto inside = net::NetworkNamespace::available();
  if (inside) return needs;
  return net::fail(filter.error().message + "; " + inside.error().message);
}

net::Result<Needs> needs_namespace() {
  if (auto inside = net::NetworkNamespace::available(); !inside) {
    return tl::unexpected(inside.error());
  }
  return Needs{.network_namespace = true};
}

}  // namespace

net::Result<Needs> needs(const Fault& fault) {
  switch (fault.action.kind) {
    case Action::Kind::lose:
      return needs_filter({.real_clock = true});
    case Action::Kind::drop_large:
      return needs_filter({});
    case Action::Kind::drop:
      return fault.point.kind == Point::Kind::connect ? Needs{} : needs_filter({});
    case Action::Kind::route:
      return needs_namespace();
    default:
      return Needs{};
  }
}

Started NetworkFault::start(const Action& action, net::Listener& listener,
                            net::NetworkNamespace* network) {
  switch (action.kind) {
    case Action::Kind::drop:
      return DroppedSyn::start(listener);
    case Action::Kind::full_backlog:
      return FilledBacklog::start(listener);
    case Action::Kind::lose:
      return FilteredPackets::start(
          listener, SocketFilter::drop_share(action.share),
          fmt::format("{:g} % of the packets dropped (socket filter)", action.share * 100));
    case Action::Kind::drop_large:
      return FilteredPackets::start(
          listener, SocketFilter::drop_larger_than(static_cast<std::uint32_t>(action.bytes)),
          fmt::format("packets with more than {} bytes dropped (socket filter)", action.bytes));
    case Action::Kind::route:
      return Routed::start(listener, network, action.route);
    default:
      return net::fail("this action does not happen in the network");
  }
}

net::Result<std::string> drop_packets(const net::Connection& connection) {
  if (auto attached = SocketFilter::drop_all().attach(connection.fd()); !attached) {
    return tl::unexpected(attached.error());
  }
  return "packets dropped (socket filter)";
}

bool vanish(net::Connection& connection) {
  // A socket under repair, as for checkpoint and restore, is closed without FIN or RST (Linux,
  // tcp_close).
  const int on = 1;
  const bool silent = setsockopt(connection.fd(), IPPROTO_TCP, TCP_REPAIR, &on, sizeof on) == 0;
  if (silent) {
    connection.close();
  } else {
    connection.reset();
  }
  return silent;
}

net::Result<net::Address> routable_address(const net::Address& wanted,
                                           net::NetworkNamespace* network) {
  if (network == nullptr || wanted.family() != AF_INET) return wanted;
  auto address = network->allocate(wanted.port());
  if (!address) return address;
  if (auto set = network->set_route(*address, net::Route::local); !set) {
    return tl::unexpected(set.error());
  }
  return address;
}

}  // namespace badgate::fault_backends
