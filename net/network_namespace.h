// NetworkNamespace: a network of the process's own, in which routes and kernel limits can be set
// without touching the machine's. It needs root, or user namespaces for everyone.
//
// There is no way back: entering concerns the whole process until it ends, so it is done in a
// freshly forked child, before any socket is made. Inside there is `lo` and nothing else; sockets
// made outside go on in the outer network. The rights that come with it (CAP_NET_ADMIN) also allow
// socket filters to an unprivileged user.
//
// The object is the proof of being inside: only it can set routes.
#pragma once

#include <cstdint>
#include <string_view>

#include "net/address.h"
#include "net/result.h"

namespace badgate::net {

// What becomes of packets to an address, and of a connect to it.
enum class Route {
  local,        // delivered: a listener bound to the address can be reached
  none,         // no route: ENETUNREACH 101
  unreachable,  // as after ICMP host unreachable: EHOSTUNREACH 113
  prohibit,     // as after a firewall's or SELinux's refusal: EACCES 13
  blackhole,    // EINVAL 22
};
std::string_view to_string(Route route);  // "no route", "unreachable" …

class NetworkNamespace {
 public:
  // Whether the machine allows it, found out by a child that tries it; costs a few milliseconds.
  // The Error says why not, for a skip.
  static Result<void> available();

  // Moves the calling process, which must have one thread, into a namespace of its own with `lo` up
  // and the right to do everything in it. As root only the network is new; otherwise the user too,
  // and the process is then root in its own eyes.
  static Result<NetworkNamespace> enter();

  NetworkNamespace(NetworkNamespace&&) = default;
  NetworkNamespace& operator=(NetworkNamespace&&) = default;
  NetworkNamespace(const NetworkNamespace&) = delete;
  NetworkNamespace& operator=(const NetworkNamespace&) = delete;

  // The next unused address of 192.0.2.0/24 (TEST-NET-1, RFC 5737), from 192.0.2.10 on, without
  // a route yet. The Error: all are used.
  Result<Address> allocate(std::uint16_t port);

  // Makes the address, IPv4 or IPv6, one of this network's own: sockets can be bound to it and
  // reached there. Its port does not matter.
  Result<void> add_address(const Address& address);

  // Replaces the route to the IPv4 address (its port does not matter). Takes effect at once, for
  // connections in progress too.
  Result<void> set_route(const Address& to, Route route);

  // Writes `value` to /proc/sys/net/ipv4/NAME of the namespace, e.g. tcp_syn_retries "1",
  // tcp_retries2 "3", ip_local_port_range "40000 40003".
  Result<void> set_limit(std::string_view name, std::string_view value);

 private:
  NetworkNamespace() = default;
  std::uint8_t next_host_ = 10;
};

}  // namespace badgate::net
