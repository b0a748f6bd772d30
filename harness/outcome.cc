#include "harness/outcome.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <regex>

#include "net/http1_message.h"

namespace badgate::harness {

std::string_view to_string(Completeness completeness) {
  constexpr std::array<std::string_view, 4> words{"whole", "cut", "empty", "raw"};
  return words.at(static_cast<std::size_t>(completeness));
}

namespace {

// To a client that hardly reads the proxy writes until the kernel takes no more. How much that is,
// the kernel's timers and its tuning of buffers decide, in real time.
bool filled_the_kernels_buffers(const Outcome& outcome) {
  return std::ranges::any_of(outcome.error_log, [](const LogLine& line) {
    return line.message.find("client timed out (110: Connection timed out) while sending") !=
           line.message.npos;
  });
}

std::string without_bytes_sent(const std::string& what) {
  static const std::regex kCounts("body_bytes_sent=[0-9]+|[0-9]+ body bytes");
  return std::regex_replace(what, kCounts, "");
}

}  // namespace

std::string timeline_hash(const Outcome& outcome) {
  const bool bytes_vary = filled_the_kernels_buffers(outcome);
  net::http1::Fnv1a hash;
  for (const Fact& fact : outcome.timeline) {
    hash.add(fmt::format("{} {} {}\n", fact.at.time_since_epoch().count(), fact.who,
                         bytes_vary ? without_bytes_sent(fact.what) : fact.what));
  }
  return fmt::format("{:016x}", hash.value());
}

}  // namespace badgate::harness
