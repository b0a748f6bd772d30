#include "harness/drivers/proxies_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace badgate::harness::drivers {
namespace {

constexpr std::size_t kColumns = 8;
using Line = std::array<std::string, kColumns>;

constexpr std::string_view kLegend = R"(
TLS      with servers; both: with clients, too
retries  as set: by proxy_next_upstream; own: by rules of the proxy's own;
         own/off: by those, or not at all
health   finds out that a server is down; passive: by max_fails and
         fail_timeout; partly: max_fails of 0 and 1; active: health_check, too
reload   takes new settings while it runs
time     passes faster: virtually, with libfaketime, or because times in the
         configuration are divided; real: it does not
-        scenarios that ask for it are skipped, with the reason
)";

std::string_view word(bool has) {
  return has ? "yes" : "-";
}

std::string_view word(TlsSupport tls) {
  switch (tls) {
    case TlsSupport::none:
      return "-";
    case TlsSupport::servers:
      return "servers";
    case TlsSupport::both:
      return "both";
  }
  return {};
}

std::string_view word(RetrySupport retries) {
  switch (retries) {
    case RetrySupport::own:
      return "own";
    case RetrySupport::own_or_off:
      return "own/off";
    case RetrySupport::as_set:
      return "as set";
  }
  return {};
}

std::string_view word(HealthSupport health) {
  switch (health) {
    case HealthSupport::own:
      return "-";
    case HealthSupport::partly:
      return "partly";
    case HealthSupport::passive:
      return "passive";
    case HealthSupport::active:
      return "active";
  }
  return {};
}

std::string_view word(TimeSupport time) {
  switch (time) {
    case TimeSupport::simulated:
      return "virtual";
    case TimeSupport::faked:
      return "libfaketime";
    case TimeSupport::divided:
      return "divided";
    case TimeSupport::real:
      return "real";
  }
  return {};
}

Line line_of(const ListedProxy& proxy) {
  const auto& can = proxy.supports;
  Line line{proxy.name, proxy.version.empty() ? "absent" : proxy.version};
  std::size_t column = 2;
  for (const std::string_view text : {word(can.tls), word(can.fastcgi), word(can.retries),
                                      word(can.health), word(can.reload), word(can.time)})
    line.at(column++) = text;
  return line;
}

}  // namespace

std::string proxies_table(const std::vector<ListedProxy>& proxies) {
  std::vector<Line> lines{
      {"proxy", "version", "TLS", "FastCGI", "retries", "health", "reload", "time"}};
  std::ranges::transform(proxies, std::back_inserter(lines), line_of);
  std::array<std::size_t, kColumns> widths{};
  for (const Line& line : lines) {
    for (std::size_t i = 0; i < kColumns; ++i)
      widths.at(i) = std::max(widths.at(i), line.at(i).size());
  }
  std::string out;
  for (const Line& line : lines) {
    for (std::size_t i = 0; i + 1 < kColumns; ++i)
      out += fmt::format("{:<{}}  ", line.at(i), widths.at(i));
    out += line.back() + "\n";
  }
  out += kLegend;
  bool gap = true;
  for (const ListedProxy& proxy : proxies) {
    if (proxy.missing.empty()) continue;
    out += (gap ? "\n" : "") + proxy.missing + "\n";
    gap = false;
  }
  return out;
}

}  // namespace badgate::harness::drivers
