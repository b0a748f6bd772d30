// What the proxy itself refuses or runs out of (ngx_http_limit_req_module.c,
// ngx_http_limit_conn_module.c, ngx_connection.c, ngx_http_core_module.c).
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "harness/reproduce/recipe.h"
#include "harness/text_fields.h"

namespace badgate::harness::reproduce {
namespace {

using evidence::Evidence;

constexpr std::uint64_t kDefaultBodySize = 1024 * 1024;
// More connections than that are more than a test should open.
constexpr unsigned kMostConnections = 2048;
// What badgate's proxy and nginx have open themselves.
constexpr unsigned kOwnConnections = 2;

// "20.488" in thousandths; 0: it is none.
std::uint64_t excess_in(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == text.npos || text.size() != dot + 4) return 0;
  return number_in<std::uint64_t>(text) * 1000 + number_in<std::uint64_t>(text.substr(dot + 1));
}

// The number behind a word of a directive's value: "burst=" in "zone=a burst=20".
std::uint64_t number_behind(std::string_view text, std::string_view word) {
  const auto at = text.find(word);
  return at == text.npos ? 0 : number_in<std::uint64_t>(text.substr(at + word.size()));
}

// Requests a minute, as the configuration or the recipe has them.
std::uint64_t rate_of(const Frame& frame) {
  const Directive* zone = find(frame.directives, "limit_req_zone");
  if (zone == nullptr) return 60;
  const auto rate = std::max<std::uint64_t>(1, number_behind(zone->value, "rate="));
  return zone->value.find("r/m") != std::string::npos ? rate : rate * 60;
}

// Each of so many requests at once adds an excess of 1.000, which drains at the zone's rate until
// the last one comes.
bool reach_excess(const Captures& captures, const Frame& frame, Values& values) {
  const auto excess = excess_in(captures.at(0));
  if (excess == 0 || excess > 1000 * 1000) return false;
  const auto before = (excess + 999) / 1000;
  values["before"] = std::to_string(before);
  if (before > 1) values["burst"] = fmt::format(" burst={} nodelay", before - 1);
  values["larger_burst"] = std::to_string(before + 5);
  values["later"] = fmt::format("{}ms", (before * 1000 - excess) * 60 / rate_of(frame));
  return true;
}

// nginx's own quotes around a parameter that has spaces in its value.
std::string quoted(std::string_view name, std::string_view parameter) {
  const bool spaces = name.find(' ') != name.npos;
  return fmt::format("{}{}{}", spaces ? "\\\"" : "", parameter, spaces ? "\\\"" : "");
}

void name_zone(const std::string& zone, Values& values) {
  values["zone"] = quoted(zone, fmt::format("zone={}:10m", zone));
  values["in_zone"] = quoted(zone, "zone=" + zone);
  values["zone_name"] = quoted(zone, zone);
}

bool limit_requests(const Evidence& line, const Captures& captures, const Frame& frame,
                    Values& values) {
  values["level"] = line.level;
  name_zone(values["2"], values);
  return reach_excess(captures, frame, values);
}

// A delay is logged one level below a refusal.
bool delay_request(const Evidence& line, const Captures& captures, const Frame& frame,
                   Values& values) {
  values["level"] = line.level == "notice" ? "warn" : line.level == "info" ? "notice" : "error";
  values["shown"] = line.level;
  name_zone(values["2"], values);
  return reach_excess(captures, frame, values);
}

bool limit_connections(const Evidence& line, const Captures&, const Frame&, Values& values) {
  values["level"] = line.level;
  name_zone(values["1"], values);
  return true;
}

bool too_large(const Evidence&, const Captures& captures, const Frame&, Values& values) {
  const auto bytes = number_in<std::uint64_t>(captures.at(0));
  if (bytes < 2) return false;
  values["size"] = std::to_string(bytes);
  if (bytes <= kDefaultBodySize)
    values["limit"] = fmt::format("client_max_body_size = \"{}\"\n", bytes - 1);
  return true;
}

// Each request has two connections, and the last finds room for its client alone. Once fifteen
// sixteenths are used, nginx closes clients that have not sent a request yet, so that the last ones
// have to come one by one (ngx_drain_connections).
bool use_up_connections(const Evidence&, const Captures& captures, const Frame& frame,
                        Values& values) {
  const auto limit = number_in<unsigned>(captures.at(0));
  if (limit < kOwnConnections + 3 || limit > kMostConnections) return false;
  const auto left = limit - kOwnConnections - 1;
  const auto singly = std::min(left / 2, limit / 32 + 2);
  if (const auto together = left / 2 - singly; together > 0)
    values["before"] = fmt::format(
        "[[request]]\nname = \"those before\"\n{}{}at = \"1s\"\n"
        "concurrent = {}\n\n",
        frame.request, frame.body, together);
  for (unsigned i = 0; i < singly; ++i)
    values["before"] +=
        fmt::format("[[request]]\n{}{}at = \"{}ms\"\n\n", frame.request, frame.body, 1100 + 5 * i);
  // An odd one out: a client that is still sending.
  if (left % 2 == 1)
    values["odd"] =
        "[[request]]\nname = \"a slow upload\"\nmethod = \"POST\"\nbody = \"100k\"\n"
        "at = \"0s\"\nupload_rate = \"1k\"\n\n";
  return true;
}

constexpr auto kRecipes = std::to_array<Recipe>({
    {.scenario = "rate-limit/more-than-the-rate",
     .message = "limiting requests, excess: * by zone \"*\"",
     .why = "It is well, and is not asked.",
     .proxy = "limit_req_zone = \"$binary_remote_addr <<zone>> rate=1r/s\"\n"
              "limit_req = \"<<in_zone>><<burst>>\"\n"
              "limit_req_log_level = \"<<level>>\"\nerror_log_level = \"<<level>>\"\n",
     .requests = "[[request]]\nname = \"those before\"\n<<request>><<body>>at = \"0s\"\n"
                 "concurrent = <<before>>\n\n"
                 "[[request]]\nname = \"one too many\"\n<<request>><<body>>at = \"<<later>>\"\n",
     .prepare = limit_requests},
    {.scenario = "rate-limit/burst-without-nodelay",
     .message = "delaying request, excess: *, by zone \"*\"",
     .why = "It is well, and has to wait for the proxy.",
     .proxy = "limit_req_zone = \"$binary_remote_addr <<zone>> rate=1r/s\"\n"
              "limit_req = \"<<in_zone>> burst=<<larger_burst>>\"\n"
              "limit_req_log_level = \"<<level>>\"\nerror_log_level = \"<<shown>>\"\n",
     .requests = "[[request]]\nname = \"those before\"\n<<request>><<body>>at = \"0s\"\n"
                 "concurrent = <<before>>\n\n"
                 "[[request]]\nname = \"the one that waits\"\n<<request>><<body>>at = "
                 "\"<<later>>\"\n",
     .prepare = delay_request},
    {.scenario = "rate-limit/too-many-at-a-time",
     .message = "limiting connections by zone \"*\"",
     .why = "It takes a moment, so that two requests are there at a time.",
     .proxy = "limit_conn_zone = \"$server_addr <<zone>>\"\nlimit_conn = \"<<zone_name>> 1\"\n"
              "limit_conn_log_level = \"<<level>>\"\nerror_log_level = \"<<level>>\"\n",
     .server = "service_time = \"1s\"\n",
     .requests = "[[request]]\nname = \"the one before\"\n<<request>><<body>>at = \"0s\"\n\n"
                 "[[request]]\nname = \"one too many\"\n<<request>><<body>>at = \"500ms\"\n",
     .prepare = limit_connections},
    {.scenario = "body-too-large/upload-over-the-limit",
     .message = "client intended to send too large body: * bytes",
     .why = "It is well, and is not asked.",
     .proxy = "<<limit>>",
     .requests = "[[request]]\n<<request>>body = <<size>>\n",
     .prepare = too_large},
    {.scenario = "worker-limits/connections-run-out",
     .message = "* worker_connections are not enough while connecting to upstream",
     .why = "It takes its time, so that connections pile up.",
     .proxy = "worker_connections = <<1>>\n",
     .server = "fault = { slow = \"header\", delay = \"30s\" }\n",
     .requests =
         "<<odd>><<before>>[[request]]\nname = \"one too many\"\n<<request>><<body>>at = \"2s\"\n",
     .prepare = use_up_connections},
    {.scenario = "worker-limits/descriptors-run-out",
     .message = "socket() failed (24: *) while connecting to upstream",
     .why = "It takes its time, so that connections pile up.",
     .proxy = "worker_rlimit_nofile = 16\n",
     .server = "fault = { slow = \"header\", delay = \"3s\" }\n",
     .requests = "[[request]]\n<<request>><<body>>at = \"500ms\"\n\n"
                 "[[request]]\n<<request>><<body>>at = \"700ms\"\n\n"
                 "[[request]]\n<<request>><<body>>at = \"900ms\"\n\n"
                 "[[request]]\n<<request>><<body>>at = \"1100ms\"\n"},
    {.scenario = "slow-upload/app-stops-reading",
     .message = "a client request body is buffered to a temporary file *",
     .why = "It is well: nginx keeps bodies that are larger than client_body_buffer_size on disk.",
     .proxy = "error_log_level = \"warn\"\n",
     .requests = "[[request]]\n<<request>>body = \"100k\"\n"},
});

}  // namespace

std::span<const Recipe> recipes_of_limits() {
  return kRecipes;
}

}  // namespace badgate::harness::reproduce
