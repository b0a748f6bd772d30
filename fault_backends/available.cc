// Whether this machine can do what a fault needs.
#include <fmt/core.h>

#include "fault_backends/backend.h"
#include "fault_backends/file_rights.h"
#include "fault_backends/network_fault.h"

namespace badgate::fault_backends {

net::Result<void> available(const Fault& fault) {
  if (fault.action.kind == Action::Kind::no_permission) return OrdinaryFileRights::available();
  if (auto possible = needs(fault); !possible) return tl::unexpected(possible.error());
  return {};
}

}  // namespace badgate::fault_backends
