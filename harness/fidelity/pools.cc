// Behaviours of several servers: retries, failures that are counted, kept connections.
#include <fmt/core.h>

#include <array>

#include "harness/fidelity/generate.h"

namespace badgate::harness::fidelity {
namespace {

// None that resets a connection in the moment it is made: whether that is seen as a failed connect
// or as a failed read is for the kernel to decide.
std::string server_fault(Dice& dice) {
  std::string fault(dice.pick({
      R"(down = "refuse")",
      R"(crash = "on-accept", how = "FIN")",
      R"(crash = "before-request")",
      R"(crash = "after-request")",
      R"(crash = "after-request", how = "RST")",
      R"(crash = "mid-header")",
      R"(crash = "mid-body")",
      R"(crash = "after-header")",
      R"(slow = "header", delay = "1500ms")",
      R"(slow = "header-stall")",
      R"(slow = "body-stall")",
      R"(garbage = "header-too-big")",
      R"(garbage = "header-space-in-name")",
      R"(garbage = "header-nul")",
      R"(garbage = "status-tab")",
      R"(garbage = "chunk-bad")",
      R"(unfit = "status", status = 500)",
      R"(unfit = "status", status = 502)",
      R"(unfit = "status", status = 503)",
      R"(unfit = "status", status = 504)",
      R"(unfit = "status", status = 403)",
      R"(unfit = "status", status = 404)",
      R"(unfit = "status", status = 429)",
  }));
  if (!fault.starts_with("down") && dice.chance(0.2))
    fault += fmt::format(", times = {}", dice.between(1, 2));
  return "{ " + fault + " }";
}

void server(Toml& toml, Dice& dice, bool first) {
  toml.table("[[upstream.app]]");
  if (dice.chance(0.65)) toml.raw("fault", server_fault(dice));
  if (dice.chance(0.2)) toml.number("weight", dice.between(1, 4));
  if (dice.chance(0.2)) toml.number("max_fails", dice.below(3));
  if (!first && dice.chance(0.15)) toml.raw("backup", "true");
  if (!first && dice.chance(0.1)) toml.raw("down", "true");
}

void some_request(Toml& toml, Dice& dice) {
  toml.table("[[request]]");
  const auto method = dice.pick({"GET", "GET", "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"});
  toml.set("method", method);
  if (method == "POST" || method == "PUT") toml.number("body", dice.below(200));
}

std::string next(Dice& dice) {
  Toml toml("Several servers");
  proxy_settings(toml, dice);
  next_upstream(toml, dice, "proxy");
  if (dice.chance(0.15)) toml.set("proxy_request_buffering", "off");
  for (std::uint64_t i = 0, n = dice.between(1, 4); i < n; ++i)
    server(toml, dice, i == 0);
  for (std::uint64_t i = 0, n = dice.between(1, 4); i < n; ++i) {
    some_request(toml, dice);
    if (i > 0 && dice.chance(0.3)) toml.raw("reuse", "true");
  }
  return toml.text();
}

// After fail_timeout a server is asked again. Whole seconds, and well off the border: nginx counts
// them by a clock of its own.
std::string fail_timeout(Dice& dice) {
  Toml toml("Servers that are left out for a while");
  toml.table("[proxy]");
  toml.set("proxy_read_timeout", "1s");
  next_upstream(toml, dice, "proxy");
  for (std::uint64_t i = 0, n = dice.between(2, 3); i < n; ++i) {
    toml.table("[[upstream.app]]");
    if (dice.chance(0.7)) {
      toml.raw("fault", fmt::format("{{ {}, times = {} }}",
                                    dice.pick({R"(crash = "after-request")",
                                               R"(crash = "after-request", how = "RST")",
                                               R"(unfit = "status", status = 503)"}),
                                    dice.between(1, 3)));
    }
    toml.set("fail_timeout", "2s");
    toml.number("max_fails", dice.between(1, 2));
  }
  for (std::uint64_t i = 0, n = dice.between(4, 8); i < n; ++i) {
    toml.table("[[request]]");
    if (i > 0 && dice.chance(0.25)) toml.set("pause", "3500ms");
  }
  return toml.text();
}

std::string keepalive(Dice& dice) {
  Toml toml("Kept connections");
  toml.table("[proxy]");
  toml.set("proxy_read_timeout", "1s");
  toml.set("proxy_http_version", dice.chance(0.8) ? "1.1" : "1.0");
  if (dice.chance(0.3)) toml.set("proxy_buffering", "off");
  if (dice.chance(0.3))
    toml.set("proxy_next_upstream",
             dice.pick({"off", "error timeout http_503", "error non_idempotent"}));
  toml.table("[group.app]");
  toml.number("keepalive", dice.between(1, 4));
  if (dice.chance(0.2)) toml.number("keepalive_requests", dice.between(1, 3));
  if (dice.chance(0.2)) toml.set("keepalive_timeout", "1s");
  for (std::uint64_t i = 0, n = dice.between(1, 3); i < n; ++i) {
    toml.table("[[upstream.app]]");
    const Wire wire = good_response(dice, dice.below(200));
    const bool length = wire.head.find("Connection: close") == std::string::npos;
    const auto extra = dice.chance(0.15) ? body_text(dice.between(1, 9)) : std::string();
    std::string faults = bytes_fault(wire.whole() + extra, length ? "keep" : "close");
    if (dice.chance(0.5)) {
      faults = fmt::format("{{ {} }}, {}",
                           dice.pick({R"(keepalive = "race")", R"(keepalive = "race", how = "RST")",
                                      R"(keepalive = "unannounced")",
                                      R"(keepalive = "idle-timeout", timeout = "300ms")",
                                      R"(keepalive = "idle-408", timeout = "300ms")",
                                      R"(crash = "nth-request", number = 2)",
                                      R"(crash = "nth-request", number = 3, how = "RST")"}),
                           faults);
    }
    toml.raw("faults", fmt::format("[{}]", faults));
  }
  for (std::uint64_t i = 0, n = dice.between(2, 6); i < n; ++i) {
    some_request(toml, dice);
    if (i > 0 && dice.chance(0.3)) toml.raw("reuse", "true");
    if (i > 0 && dice.chance(0.15)) toml.set("pause", "600ms");
  }
  return toml.text();
}

constexpr std::array<Group, 3> kGroups{{
    {"next-upstream", 14, &next},
    {"fail-timeout", 3, &fail_timeout},
    {"keepalive", 10, &keepalive},
}};

}  // namespace

std::span<const Group> pool_groups() {
  return kGroups;
}

}  // namespace badgate::harness::fidelity
