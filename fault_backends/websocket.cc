// The family `websocket`: a server that switches to another protocol, and what becomes of it then.
#include <array>
#include <vector>

#include "fault_backends/presets.h"

namespace badgate::fault_backends {
namespace {

using namespace std::chrono_literals;

std::vector<Fault> tunnel(Tunnel tunnel) {
  Action action{.kind = Action::Kind::tunnel};
  action.tunnel = std::move(tunnel);
  return {{.point = {Point::Kind::request_read}, .action = std::move(action)}};
}

constexpr std::array kEcho{
    pace_field<&FaultValues::every>("every", "", "it says \"ping\" by itself each so often"),
};

std::vector<Fault> echo(const FaultValues& v) {
  return tunnel({.echo = true, .ping = v.every.value_or(net::Duration{})});
}

std::vector<Fault> unasked(const FaultValues& v) {
  return tunnel({.echo = true, .unasked = true, .ping = v.every.value_or(net::Duration{})});
}

std::vector<Fault> silent(const FaultValues&) {
  return tunnel({});
}

constexpr std::array kEnds{
    time_field<&FaultValues::delay>("delay", "10s", "how long the tunnel lasts"),
    how_field("FIN", "how it is closed"),
};

std::vector<Fault> ends(const FaultValues& v) {
  return tunnel(
      {.echo = true, .end = v.delay.value_or(10s), .ending = v.how.value_or(Ending::close)});
}

constexpr std::array<FaultPreset, 4> kPresets{{
    {"websocket", "echo",
     "upgrades (426 if the request does not ask for it) and sends back what it gets", kEcho,
     "M1 M2", &echo},
    {"websocket", "unasked", "upgrades whether or not the request asks for it", kEcho, "M3",
     &unasked},
    {"websocket", "silent", "upgrades and never says a word", {}, "M1", &silent},
    {"websocket", "ends", "upgrades and closes the tunnel after a time", kEnds, "M4", &ends},
}};

}  // namespace

std::span<const FaultPreset> websocket_presets() {
  return kPresets;
}

}  // namespace badgate::fault_backends
