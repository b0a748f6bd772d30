// The family `firewall`: something between the proxy and the backend does not let packets through,
// and mostly says nothing about it. What carries them out: network_fault.h.
#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "fault_backends/presets.h"

namespace badgate::fault_backends {
namespace {

using PointKind = Point::Kind;
using ActionKind = Action::Kind;

std::vector<Fault> in_network(Action action) {
  return {{.point = {PointKind::connect}, .action = std::move(action)}};
}

std::vector<Fault> routed(net::Route route) {
  return in_network({.kind = ActionKind::route, .route = route});
}

// ---- handshakes

std::vector<Fault> drop(const FaultValues&) {
  return in_network({.kind = ActionKind::drop});
}

std::vector<Fault> full_backlog(const FaultValues&) {
  return in_network({.kind = ActionKind::full_backlog});
}

std::vector<Fault> reject_unreachable(const FaultValues&) {
  return routed(net::Route::unreachable);
}
std::vector<Fault> reject_prohibited(const FaultValues&) {
  return routed(net::Route::prohibit);
}
std::vector<Fault> blackhole_route(const FaultValues&) {
  return routed(net::Route::blackhole);
}
std::vector<Fault> no_route(const FaultValues&) {
  return routed(net::Route::none);
}

// ---- connections that are established

constexpr std::array kDropEstablished{
    from_field("request",
               "since when: the accept, the end of the request, a byte of the response's "
               "header or body, or idling"),
    size_field<&FaultValues::at>("at", "0", "bytes of the header or body that still come"),
    time_field<&FaultValues::timeout>("timeout", "0s", "how long it idles before, with `idle`"),
};

std::vector<Fault> drop_established(const FaultValues& v) {
  const auto from = v.from.value_or(PointKind::request_read);
  const bool counts = from == PointKind::header_bytes || from == PointKind::body_bytes;
  Action action{.kind = ActionKind::drop};
  if (from == PointKind::idle) action.time = v.timeout.value_or(net::Duration{});
  return {{.point = {from, counts ? v.at.value_or(0) : 0}, .action = action}};
}

constexpr std::array kLoss{
    ratio_field("0.5", "how many of the packets that arrive are lost"),
};

std::vector<Fault> loss(const FaultValues& v) {
  return in_network({.kind = ActionKind::lose, .share = v.ratio.value_or(0.5)});
}

constexpr std::uint64_t kPayload = 1400;

constexpr std::array kMtu{
    amount_field<&FaultValues::size>("size", "1400", "bytes of data that a packet may have"),
};

std::vector<Fault> mtu(const FaultValues& v) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  return in_network(
      {.kind = ActionKind::drop_large, .bytes = std::min(v.size.value_or(kPayload), most)});
}

constexpr std::array<FaultPreset, 9> kPresets{{
    {"firewall", "drop", "SYNs vanish: a connect hangs", {}, "A3 A4", &drop},
    {"firewall",
     "full-backlog",
     "no place in the accept queue: TCP hangs, a unix socket refuses with EAGAIN",
     {},
     "A3 A13",
     &full_backlog},
    {"firewall",
     "reject-unreachable",
     "no host there, says a router: EHOSTUNREACH",
     {},
     "A7",
     &reject_unreachable},
    {"firewall",
     "reject-prohibited",
     "a firewall or SELinux forbids it: EACCES",
     {},
     "A8",
     &reject_prohibited},
    {"firewall", "blackhole-route", "the route leads nowhere: EINVAL", {}, "A9", &blackhole_route},
    {"firewall", "no-route", "the network is not reachable: ENETUNREACH", {}, "A6", &no_route},
    {"firewall", "drop-established", "all packets of a connection vanish from some point on",
     kDropEstablished, "D1 F3 I2", &drop_established},
    {"firewall", "loss", "a share of the packets to the backend is lost (real clock)", kLoss, "",
     &loss},
    {"firewall", "mtu", "large packets to the backend vanish, small ones pass", kMtu, "C8", &mtu},
}};

}  // namespace

std::span<const FaultPreset> firewall_presets() {
  return kPresets;
}

}  // namespace badgate::fault_backends
