// The family `dependency`: the application is well, and waits for something that it needs. Which
// backend it asks is a setting (`calls`); that backend has faults of its own.
#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "fault_backends/presets.h"

namespace badgate::fault_backends {
namespace {

constexpr std::array kPool{
    ordinal_field<&FaultValues::count>("size", "10", "connections that the application has for it"),
};

std::vector<Fault> connection_pool(const FaultValues& v) {
  constexpr std::uint64_t most = std::numeric_limits<unsigned>::max();
  const Workers workers{.count = static_cast<unsigned>(std::min(v.count.value_or(10), most))};
  return {{.point = {Point::Kind::request_read},
           .action = {.kind = Action::Kind::work, .workers = workers}}};
}

constexpr std::array<FaultPreset, 1> kPresets{{
    {"dependency", "connection-pool",
     "requests wait for one of a few connections to what they depend on", kPool, "O1 D1",
     &connection_pool},
}};

}  // namespace

std::span<const FaultPreset> dependency_presets() {
  return kPresets;
}

}  // namespace badgate::fault_backends
