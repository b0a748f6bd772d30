#include "fault_backends/fits.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace badgate::fault_backends {
namespace {

struct HttpOnly {
  std::string_view prefix;  // of "family: kind"
  std::string_view why;
};

constexpr auto kHttpOnly = std::to_array<HttpOnly>({
    {"crash: mid-chunk", "it knows no chunks"},
    {"garbage: chunk-", "it knows no chunks"},
    {"garbage: encoding-", "it knows no Transfer-Encoding"},
    {"garbage: extra-after-chunked", "it knows no chunks"},
    {"garbage: http2-status-line", "it knows no status line"},
    {"garbage: interim-", "it knows no interim responses"},
    {"garbage: length-and-chunked", "it knows no chunks"},
    {"garbage: status-lower-case", "it knows no status line"},
    {"garbage: status-tab", "it knows no status line"},
    {"garbage: status-version-", "it knows no status line"},
    {"garbage: switching-101", "it knows no upgrade"},
    {"healthy: chunked", "it knows no chunks"},
    {"keepalive: idle-408", "nothing can be said before a request"},
    {"slow: chunk", "it knows no chunks"},
    {"tls: ", "it knows no TLS"},
    {"unfit: early", "its answer to half a request is not modelled"},
    {"websocket: ", "it knows no upgrade"},
});

}  // namespace

std::string why_unfit(const Fault& fault, const Settings& settings) {
  const bool fastcgi = settings.protocol == Protocol::fastcgi;
  if (!settings.fpm && fault.name.starts_with("fpm: "))
    return fmt::format("{} needs fpm = {{ … }}", fault.name);
  if (!fastcgi && fault.name.starts_with("fastcgi: "))
    return fmt::format("{} needs protocol = \"fastcgi\"", fault.name);
  if (!fastcgi) return {};
  const auto* found = std::ranges::find_if(
      kHttpOnly, [&](const HttpOnly& entry) { return fault.name.starts_with(entry.prefix); });
  if (found == kHttpOnly.end()) return {};
  return fmt::format("{} is a fault of HTTP, not of FastCGI: {}", fault.name, found->why);
}

}  // namespace badgate::fault_backends
