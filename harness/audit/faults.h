// The faults that every location of a configuration is tried with: one for each way in which
// servers fail users, from the families of the catalogue.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace badgate::harness::audit {

// What decides which faults a location's servers can have.
struct Traits {
  bool fastcgi = false;
  bool tls = false;
  bool unix_socket = false;
  bool keeps_connections = false;
  std::size_t servers = 0;  // that are asked first: neither backup nor down
  std::size_t backups = 0;
};

struct Fault {
  std::string_view id;    // "stuck"
  std::string_view says;  // what a server does: "never answers"
  std::string_view toml;  // as scenario files have it; empty: { FAMILY = "KIND" } of the id
  enum class For : std::uint8_t {
    all,
    http,
    fastcgi,
    tls,
    tcp,
    unix_socket,
    kept
  } suits = For::all;
};

std::span<const Fault> faults();
// All others that there are for servers, called as in `badgate list faults`: "slow: header-drip".
// Whether one suits is seen when it is loaded.
std::span<const Fault> other_faults();
const Fault& fault(std::string_view id);
std::string toml_of(const Fault& fault);
bool suits(const Fault& fault, const Traits& traits);

}  // namespace badgate::harness::audit
