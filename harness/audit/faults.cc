#include "harness/audit/faults.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "fault_backends/presets.h"

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
    Fault{"big-header", "sends a 6 KB header (cookies)",
          "{ garbage = \"header-too-big\", size = 6000 }"},
    Fault{"bad-header", "sends an invalid header", "{ garbage = \"header-space-in-name\" }"},
    Fault{"overloaded", "says that it is overloaded", "{ fastcgi = \"overloaded\" }", For::fastcgi},
    Fault{"no-output", "ends without any output", "{ fastcgi = \"no-stdout\" }", For::fastcgi},
    Fault{"cut", "dies in the middle of the response", "{ crash = \"mid-body\", how = \"FIN\" }"},
    Fault{"stalled", "stops in the middle of the response", "{ slow = \"body-stall\" }"},
};

// What is no server's, needs another kind of server, or is one of the above.
bool is_other(const fault_backends::FaultPreset& preset) {
  constexpr std::array<std::string_view, 6> kNone{"dns",        "healthy",  "websocket",
                                                  "dependency", "overload", "fpm"};
  if (std::ranges::find(kNone, preset.family) != kNone.end()) return false;
  // The kernel takes its own time for these.
  if (preset.kind == "loss" || preset.kind == "mtu") return false;
  const std::string toml = fmt::format("{{ {} = \"{}\"", preset.family, preset.kind);
  return std::ranges::none_of(kFaults,
                              [&](const Fault& known) { return known.toml.starts_with(toml); });
}

// The names that the faults' views are of.
struct Names {
  Names() {
    for (const fault_backends::FaultPreset& preset : fault_backends::presets()) {
      if (is_other(preset)) texts.push_back(fmt::format("{}: {}", preset.family, preset.kind));
    }
    for (const std::string& text : texts)
      faults.push_back({.id = text, .says = text, .toml = {}});
  }

  std::vector<std::string> texts;
  std::vector<Fault> faults;
};

}  // namespace

std::span<const Fault> faults() {
  return kFaults;
}

std::span<const Fault> other_faults() {
  static const Names names;
  return names.faults;
}

std::string toml_of(const Fault& fault) {
  if (!fault.toml.empty()) return std::string(fault.toml);
  const auto colon = fault.id.find(": ");
  return fmt::format("{{ {} = \"{}\" }}", fault.id.substr(0, colon), fault.id.substr(colon + 2));
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
