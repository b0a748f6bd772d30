// The family `down`: nobody is there. With `between` the process is gone, and back, at those times.
#include <array>
#include <vector>

#include "fault_backends/presets.h"

namespace badgate::fault_backends {
namespace {

template <Action::Kind Kind>
std::vector<Fault> instead_of_listening(const FaultValues&) {
  return {{.point = {Point::Kind::listen}, .action = {.kind = Kind}}};
}

using Kind = Action::Kind;

constexpr std::array<FaultPreset, 6> kPresets{{
    {"down",
     "refuse",
     "nobody listens: the connection is refused",
     {},
     "A1 O2",
     &instead_of_listening<Kind::refuse>},
    {"down",
     "wrong-port",
     "it listens at another port than the proxy was told",
     {},
     "A1 A18",
     &instead_of_listening<Kind::wrong_port>},
    {"down",
     "missing",
     "the unix socket's file is not there",
     {},
     "A10",
     &instead_of_listening<Kind::missing>},
    {"down",
     "no-permission",
     "the unix socket is there, and nobody may connect to it",
     {},
     "A11",
     &instead_of_listening<Kind::no_permission>},
    {"down",
     "stale",
     "the unix socket of a process that is gone",
     {},
     "A12",
     &instead_of_listening<Kind::stale>},
    {"down",
     "not-a-socket",
     "a plain file where the unix socket should be",
     {},
     "A12",
     &instead_of_listening<Kind::not_a_socket>},
}};

}  // namespace

std::span<const FaultPreset> down_presets() {
  return kPresets;
}

}  // namespace badgate::fault_backends
