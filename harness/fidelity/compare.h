// Compare: what two proxies made of the same scenario, side by side. Pure: no sockets, no time.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harness/outcome.h"

namespace badgate::harness::fidelity {

// What is compared.
enum class Aspect {
  status,       // of each request: the status line, $status, each attempt's server and status
  body,         // of each request: headers, framing, body, whole or cut, the connection's end
  connections,  // of each server: connections and requests
  log,          // of each scenario: why the proxy does not start, and the error log's messages from
                // `warn` on, in order
};
inline constexpr std::array kAspects{Aspect::status, Aspect::body, Aspect::connections,
                                     Aspect::log};
std::string_view to_string(Aspect aspect);

struct Difference {
  Aspect aspect = Aspect::status;
  std::string where;  // "request 2", "app[0]"
  std::string ours;
  std::string theirs;
};

struct Comparison {
  std::string skipped;  // why it could not be played; empty: it was
  std::string broken;   // which of the two failed to play it, and why; empty: neither
  std::array<std::size_t, kAspects.size()> compared{};   // by Aspect
  std::array<std::size_t, kAspects.size()> different{};  // of those
  std::vector<Difference> differences;
};

// Dates and what names the proxy's version are left out.
Comparison compare(const Outcome& ours, const Outcome& theirs);

}  // namespace badgate::harness::fidelity
