// Findings: what the evidence of a check means: the cause, the scenario of the catalogue that shows
// it, and the command or line that cures it. Pure: no sockets, no files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/check/examine.h"
#include "harness/check/running_nginx.h"
#include "harness/check/target.h"
#include "net/certificate_facts.h"

namespace badgate::harness::check {

struct Finding {
  enum class Level : std::uint8_t { note, warning, wrong };
  Level level = Level::wrong;
  std::string what;
  std::string fix;       // a command, or a line of the configuration; may be empty
  std::string scenario;  // of the catalogue; may be empty
};
using Findings = std::vector<Finding>;

// The machine around.
struct Surroundings {
  User user;  // of nginx's workers
  std::optional<RunningNginx> running;
  std::vector<net::Address> known;  // every address that some target has now
  net::WallTime now;
  net::Duration longest{};  // that one connection was waited for
  bool selinux_enforcing = false;
  bool selinux_may_connect = true;  // httpd_can_network_connect
};

Findings findings_of(const Target& target, const Seen& seen, const Surroundings& around);

// What is well, in a few words: "HTTP 200, connected in 0.1 ms, first byte after 3.2 ms".
std::string well_of(const Target& target, const Seen& seen);

// Whether an address speaks as it is asked to; findings_protocol.cc.
void judge_http(const Target& target, const AddressSeen& seen, const Surroundings& around,
                Findings& into);
void judge_fastcgi(const Target& target, const AddressSeen& seen, Findings& into);
void judge_handshake(const Target& target, const AddressSeen& seen, Findings& into);
void judge_certificate(const Target& target, const probe::TlsSeen& tls, net::WallTime now,
                       Findings& into);

// "41 days left" and less than this: worth a word.
inline constexpr std::chrono::hours expires_soon{14 * 24};

}  // namespace badgate::harness::check
