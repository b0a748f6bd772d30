// Whether a program is installed on this machine, and which package of Debian has it if not.
#pragma once

#include <string>

#include "net/result.h"

namespace badgate::harness::processes {

// Its path. The Error has the code ENOTSUP if there is no program of this name in $PATH, and none
// if a path was given at which no program is.
net::Result<std::string> installed(const std::string& name);

}  // namespace badgate::harness::processes
