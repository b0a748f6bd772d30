// Network faults: what carries out the faults at Point::Kind::connect, and the packet loss of a
// connection. Which mechanism is used is found out at run time; the receipt names it.
//
//   drop          socket filter, or full accept queue   anybody
//   full_backlog  full accept queue; unix sockets too   anybody
//   lose          socket filter on the listener         CAP_NET_ADMIN or namespace; real clock
//   drop_large    socket filter on the listener         CAP_NET_ADMIN or namespace
//   route         route in a namespace of one's own     root or user namespaces
//   drop (later)  socket filter on the connection       CAP_NET_ADMIN or namespace
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fault_backends/fault.h"
#include "net/listener.h"
#include "net/network_namespace.h"
#include "net/result.h"
#include "net/unique_fd.h"

namespace badgate::fault_backends {

// What a fault asks of the run as a whole.
struct Needs {
  bool real_clock = false;  // TCP has to send again, which it does in real time
  // The whole run has to take place in a forked child that has entered a net::NetworkNamespace.
  bool network_namespace = false;

  bool operator==(const Needs&) const = default;
};

// Asks this machine what it allows here and now (it tries, which may cost a millisecond). The Error
// says why the fault is impossible here: a skip.
net::Result<Needs> needs(const Fault& fault);

// A fault at Point::Kind::connect that is in force as long as the object lives.
class NetworkFault {
 public:
  // `listener` is paused where that is needed and must outlive the object, as must `network`, which
  // is needed for routes: then the listener's address has to be one of its own. The Error says why
  // it cannot be done.
  static net::Result<std::unique_ptr<NetworkFault>> start(const Action& action,
                                                          net::Listener& listener,
                                                          net::NetworkNamespace* network);
  virtual ~NetworkFault() = default;

  // Ends it: the listener is reached again, with `backlog` places in its queue. Returns connections
  // that were established before and waited to be accepted.
  virtual std::vector<net::UniqueFd> stop(int backlog) = 0;

  // The listener is paused for it: nobody may accept or resume.
  virtual bool holds_listener() const { return false; }

  // "SYN dropped (socket filter)", "no route: prohibit (network namespace)".
  virtual std::string receipt() const = 0;
};

// From now on nothing that the peer sends arrives. End such a connection with `vanish`. Returns the
// receipt, "packets dropped (socket filter)".
net::Result<std::string> drop_packets(const net::Connection& connection);

// Ends a connection without a word to the peer, as when the wire is cut. Where the right to do
// so (CAP_NET_ADMIN) is missing it sends RST. Returns whether it was silent.
bool vanish(net::Connection& connection);

// Where a backend should listen so that routes can be set for it: in a network namespace at an
// address of its own with the port of `wanted`; otherwise (and for IPv6 and unix sockets) `wanted`.
net::Result<net::Address> routable_address(const net::Address& wanted,
                                           net::NetworkNamespace* network);

}  // namespace badgate::fault_backends
