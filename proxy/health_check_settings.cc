#include <fmt/core.h>

#include <limits>

#include "net/text.h"
#include "proxy/directive_values.h"
#include "proxy/health_check.h"

namespace badgate::proxy {
namespace {

net::Result<void> set_interval(HealthCheck& into, std::string_view text) {
  const auto time = parse_time(text);
  if (!time) return tl::unexpected(time.error());
  if (*time <= net::Duration::zero()) return net::fail("\"interval\" must be more than 0");
  into.interval = *time;
  return {};
}

net::Result<void> set_times(unsigned& into, std::string_view text) {
  const auto count = parse_count(text);
  if (!count || *count == 0)
    return net::fail(fmt::format("\"{}\" is no number of checks; expected 1 or more", text));
  into = *count;
  return {};
}

net::Result<void> set_uri(HealthCheck& into, std::string_view text) {
  if (!text.starts_with('/'))
    return net::fail(fmt::format("the uri \"{}\" does not begin with a slash", text));
  into.uri = std::string(text);
  return {};
}

net::Result<void> set_port(HealthCheck& into, std::string_view text) {
  const auto port = net::parse_number(text);
  if (!port || *port == 0 || *port > std::numeric_limits<std::uint16_t>::max())
    return net::fail(fmt::format("\"{}\" is not a port (1 to 65535)", text));
  into.port = static_cast<std::uint16_t>(*port);
  return {};
}

// "200", "200-399".
net::Result<void> set_status(HealthCheck& into, std::string_view text) {
  const auto dash = std::min(text.find('-'), text.size());
  const auto from = net::parse_number(text.substr(0, dash));
  const auto to = dash < text.size() ? net::parse_number(text.substr(dash + 1)) : from;
  if (!from || !to || *from < 100 || *to > 599 || *from > *to)
    return net::fail(
        fmt::format("\"{}\" is no range of statuses; write it as 200 or 200-399", text));
  into.status_from = static_cast<int>(*from);
  into.status_to = static_cast<int>(*to);
  return {};
}

net::Result<void> set_parameter(HealthCheck& into, std::string_view word) {
  const auto equals = word.find('=');
  const auto name = word.substr(0, equals);
  const auto value = equals == word.npos ? std::string_view() : word.substr(equals + 1);
  if (word == "mandatory") {
    into.mandatory = true;
    return {};
  }
  if (name == "interval") return set_interval(into, value);
  if (name == "fails") return set_times(into.fails, value);
  if (name == "passes") return set_times(into.passes, value);
  if (name == "uri") return set_uri(into, value);
  if (name == "port") return set_port(into, value);
  if (name == "status") return set_status(into, value);
  return net::fail(
      fmt::format("invalid parameter \"{}\"; expected interval=, fails=, passes=, uri=, port=, "
                  "status= or mandatory",
                  word));
}

}  // namespace

net::Result<HealthCheck> parse_health_check(std::string_view text) {
  HealthCheck check;
  for (const auto word : words_of(text)) {
    if (word == "on") continue;
    if (auto set = set_parameter(check, word); !set) return tl::unexpected(set.error());
  }
  return check;
}

}  // namespace badgate::proxy
