#include "harness/audit/faults.h"

#include <algorithm>
#include <array>

namespace badgate::harness::audit {
namespace {

using For = Fault::For;

constexpr std::array kFaults{
    Fault{"refused", "is down", "{ down = \"refuse\" }", For::all},
    Fault{"unreachable", "cannot be reached (packets dropped)", "{ firewall = \"full-backlog\" }",
          For::tcp},
    Fault{"queue-full", "has a full listen queue", "{ firewall = \"full-backlog\" }",
          For::unix_socket},
    Fault{"tls-stall", "stalls in the TLS handshake", "{ tls = \"stall\" }", For::tls},
    Fault{"tls-close", "closes in the TLS handshake", "{ tls = \"close\" }", For::tls},
    Fault{"stuck", "takes the request, never answers", "{ slow = \"header\", delay = \"20h\" }"},
    Fault{"crash", "dies while it works on the request",
          "{ crash = \"after-request\", how = \"FIN\" }"},
    Fault{"reset", "resets the connection", "{ crash = \"before-request\", how = \"RST\" }"},
    Fault{"keepalive-race", "closes a kept connection in use", "{ keepalive = \"race\" }",
          For::kept},
    Fault{"status-500", "answers 500", "{ unfit = \"status\", status = 500 }"},
    Fault{"status-503", "answers 503", "{ unfit = \"status\", status = 503 }"},
    Fault{"big-header", "sends a 6 KB header (cookies, tokens)",
          "{ garbage = \"header-too-big\", size = 6000 }"},
    Fault{"bad-header", "sends an invalid header", "{ garbage = \"header-space-in-name\" }"},
    Fault{"overloaded", "says that it is overloaded", "{ fastcgi = \"overloaded\" }", For::fastcgi},
    Fault{"no-output", "ends without any output", "{ fastcgi = \"no-stdout\" }", For::fastcgi},
    Fault{"cut", "dies in the middle of the response", "{ crash = \"mid-body\", how = \"FIN\" }"},
    Fault{"stalled", "stops in the middle of the response", "{ slow = \"body-stall\" }"},
};

}  // namespace

std::span<const Fault> faults() {
  return kFaults;
}

const Fault& fault(std::string_view id) {
  return *std::ranges::find(kFaults, id, &Fault::id);
}

bool suits(const Fault& fault, const Traits& traits) {
  switch (fault.suits) {
    case For::all:
      return true;
    case For::http:
      return !traits.fastcgi;
    case For::fastcgi:
      return traits.fastcgi;
    case For::tls:
      return traits.tls;
    case For::tcp:
      return !traits.unix_socket;
    case For::unix_socket:
      return traits.unix_socket;
    case For::kept:
      return traits.keeps_connections;
  }
  return false;
}

}  // namespace badgate::harness::audit
