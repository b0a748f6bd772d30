// Who listens where, as the kernel's own lists tell it. No connection is made for that: a program
// would count it, log it, or start a worker because of it (PHP-FPM's pm = ondemand).
#pragma once

#include <cstdint>

#include "net/address.h"
#include "net/result.h"
#include "net/rng.h"

namespace badgate::harness::processes {

// Whether a socket listens at the address, or at its port on every address of the machine.
bool somebody_listens(const net::Address& address);

// A port of 127.0.0.1 at which nobody listens now. It is none of those that the kernel gives to
// connections, so that it is still free when a program has come up.
net::Result<std::uint16_t> free_port(net::Rng& rng);

}  // namespace badgate::harness::processes
