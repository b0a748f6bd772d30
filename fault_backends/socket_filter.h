// Socket filter: makes packets vanish before a TCP socket sees them, by a classic BPF program that
// the kernel runs on each of them (SO_ATTACH_FILTER, socket(7)). To the peer it is a firewall that
// drops: nothing comes back, not even an acknowledgement. What our side sends still goes out.
//
// On a listener it concerns the handshakes, and every connection accepted from it inherits it.
// Newer kernels ask for CAP_NET_ADMIN in the socket's network namespace: root has it, and whoever
// has entered a net::NetworkNamespace.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <string>
#include <vector>

#include "net/result.h"

namespace badgate::fault_backends {

class SocketFilter {
 public:
  // Every packet. What is sent again by TCP is dropped again, so no clock matters.
  static SocketFilter drop_all();

  // That share of the packets, 0 to 1, by the kernel's own chance (not from the seed). TCP
  // sends them again in real time: only for the real clock.
  static SocketFilter drop_share(double share);

  // Packets with more than `payload` bytes of data, as a path does whose MTU is too small and which
  // says so to nobody. Handshakes, acknowledgements and small requests pass.
  static SocketFilter drop_larger_than(std::uint32_t payload);

  // Attaches it to a TCP socket, in place of one that is there. The Error has the errno: EPERM
  // where the right is missing.
  net::Result<void> attach(int fd) const;

  // Whether this machine allows it here and now: tried on a socket that is thrown away.
  static net::Result<void> available();

 private:
  explicit SocketFilter(std::vector<sock_filter> program) : program_(std::move(program)) {}
  std::vector<sock_filter> program_;
};

// Lets everything pass again; no error if there is no filter.
void detach_socket_filter(int fd);

}  // namespace badgate::fault_backends
