// The requests to the kernel's routing (rtnetlink(7)) that a network namespace of one's own
// needs. Each opens its own netlink socket, sends one message and waits for the kernel's answer,
// which comes within the call.
#pragma once

#include <netinet/in.h>

#include "net/address.h"
#include "net/result.h"

namespace badgate::net::rtnetlink {

// Sets the interface's IFF_UP.
Result<void> link_up(unsigned interface_index);

// Adds or replaces the route to the one address `to` in the local table, which the kernel asks
// first. `type` is one of RTN_LOCAL, RTN_UNREACHABLE, RTN_PROHIBIT, RTN_BLACKHOLE;
// `interface_index` is that of a local route and 0 for the others.
Result<void> replace_route(in_addr to, unsigned char type, unsigned interface_index);

// Removes it; no error if there is none.
Result<void> delete_route(in_addr to);

// Gives the interface the address, IPv4 or IPv6, alone in its network. No error if it has it.
Result<void> add_address(const Address& address, unsigned interface_index);

}  // namespace badgate::net::rtnetlink
