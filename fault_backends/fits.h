// Fits: which faults make sense with the protocol that a backend speaks.
#pragma once

#include <string>

#include "fault_backends/backend.h"

namespace badgate::fault_backends {

// Why the fault cannot be this backend's, as a whole clause; empty: it can.
std::string why_unfit(const Fault& fault, const Settings& settings);

}  // namespace badgate::fault_backends
