// Supports: what scenarios can ask of a proxy here, that is, what its driver writes for it. The
// program itself may be able to do more. Declared by each driver; tests/harness/supports_test.cc
// holds it against what the driver accepts.
#pragma once

#include <cstdint>

namespace badgate::harness::drivers {

// With whom TLS is spoken.
enum class TlsSupport : std::uint8_t { none, servers, both };

// When the next server is asked: by rules of the proxy's own; by those, or never
// (`proxy_next_upstream off`); as proxy_next_upstream says.
enum class RetrySupport : std::uint8_t { own, own_or_off, as_set };

// How it is found out that a server is down: as the proxy does it alone; by max_fails of 0 and 1
// with fail_timeout; by all of max_fails and fail_timeout; also by health_check.
enum class HealthSupport : std::uint8_t { own, partly, passive, active };

// How its time can pass faster: virtually; with libfaketime; by times in its configuration that are
// divided; not at all.
enum class TimeSupport : std::uint8_t { simulated, faked, divided, real };

struct Supports {
  TlsSupport tls = TlsSupport::none;
  bool fastcgi = false;
  RetrySupport retries = RetrySupport::own;
  HealthSupport health = HealthSupport::own;
  bool reload = false;  // new settings while it runs
  TimeSupport time = TimeSupport::faked;
};

}  // namespace badgate::harness::drivers
