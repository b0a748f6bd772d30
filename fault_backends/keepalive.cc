// The family `keepalive`: the backend and the proxy do not agree about how long a connection lives.
#include <array>
#include <vector>

#include "fault_backends/presets.h"

namespace badgate::fault_backends {
namespace {

using namespace std::chrono_literals;
using PointKind = Point::Kind;
using ActionKind = Action::Kind;

constexpr std::array kIdleTimeout{
    time_field<&FaultValues::timeout>("timeout", "5s", "how long a connection may be idle"),
    how_field("FIN", "how it is closed"),
};

std::vector<Fault> idle_timeout(const FaultValues& v) {
  const auto kind = v.how == Ending::reset ? ActionKind::reset : ActionKind::close;
  return {{.point = {PointKind::idle}, .action = {.kind = kind, .time = v.timeout.value_or(5s)}}};
}

constexpr std::array kRace{how_field("FIN", "how it is closed")};

// As the proxy sees it: its request was sent into a connection that was just being closed. The
// application never gets it.
std::vector<Fault> race(const FaultValues& v) {
  const auto kind = v.how == Ending::reset ? ActionKind::reset : ActionKind::drain;
  return {{.point = {PointKind::request_bytes, 0},
           .action = {.kind = kind},
           .schedule = {.reused = true}}};
}

constexpr std::array kDropped{
    time_field<&FaultValues::timeout>("timeout", "350s", "how long a connection may be idle"),
};

std::vector<Fault> silently_dropped(const FaultValues& v) {
  return {{.point = {PointKind::idle},
           .action = {.kind = ActionKind::stall, .time = v.timeout.value_or(350s)}}};
}

std::vector<Fault> unannounced(const FaultValues&) {
  return {{.point = {PointKind::response_sent}, .action = {.kind = ActionKind::close}}};
}

std::vector<Fault> goodbye(const FaultValues& v) {
  Action action{.kind = ActionKind::send, .time = v.timeout.value_or(5s)};
  action.data = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  return {{.point = {PointKind::idle}, .action = std::move(action)}};
}

constexpr std::array kGoodbye{
    time_field<&FaultValues::timeout>("timeout", "5s", "how long a connection may be idle"),
};

constexpr std::array<FaultPreset, 5> kPresets{{
    {"keepalive", "idle-timeout", "closes connections that are idle for too long", kIdleTimeout,
     "K1", &idle_timeout},
    {"keepalive", "race", "closes a kept connection in the moment its next request arrives", kRace,
     "K2 K3 I4", &race},
    {"keepalive", "silently-dropped",
     "forgets connections that are idle for too long, and answers nothing on them", kDropped, "K4",
     &silently_dropped},
    {"keepalive",
     "unannounced",
     "closes after each response without having said so",
     {},
     "K1",
     &unannounced},
    {"keepalive", "idle-408", "says 408 Request Timeout on an idle connection and closes it",
     kGoodbye, "K1", &goodbye},
}};

}  // namespace

std::span<const FaultPreset> keepalive_presets() {
  return kPresets;
}

}  // namespace badgate::fault_backends
