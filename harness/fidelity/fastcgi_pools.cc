// Behaviours of several FastCGI servers, of kept connections to them, and of uploads.
#include <fmt/core.h>

#include <array>

#include "harness/fidelity/fastcgi_stream.h"
#include "harness/fidelity/generate.h"

namespace badgate::harness::fidelity {
namespace {

// None that resets a connection in the moment it is made or behind what it sends (see pools.cc).
std::string server_fault(Dice& dice) {
  std::string fault(dice.pick({
      R"(down = "refuse")",
      R"(crash = "on-accept", how = "FIN")",
      R"(crash = "after-request")",
      R"(crash = "after-request", how = "RST")",
      R"(slow = "header", delay = "1500ms")",
      R"(slow = "header-stall")",
      R"(slow = "body-stall")",
      R"(garbage = "header-too-big")",
      R"(garbage = "header-nul")",
      R"(fastcgi = "version", then = "drain")",
      R"(fastcgi = "type", then = "drain")",
      R"(fastcgi = "id-low", then = "drain")",
      R"(fastcgi = "no-stdout")",
      R"(fastcgi = "empty-stdout", then = "drain")",
      R"(fastcgi = "stdout-closed")",
      R"(fastcgi = "cut-header", then = "drain")",
      R"(fastcgi = "cut-content", then = "drain")",
      R"(fastcgi = "no-end", then = "drain")",
      R"(fastcgi = "overloaded")",
      R"(fastcgi = "stderr")",
      R"(unfit = "status", status = 500)",
      R"(unfit = "status", status = 502)",
      R"(unfit = "status", status = 503)",
      R"(unfit = "status", status = 404)",
      R"(unfit = "status", status = 429)",
  }));
  if (!fault.starts_with("down") && dice.chance(0.2))
    fault += fmt::format(", times = {}", dice.between(1, 2));
  return "{ " + fault + " }";
}

void some_request(Toml& toml, Dice& dice) {
  toml.table("[[request]]");
  const auto method = dice.pick({"GET", "GET", "GET", "POST", "PUT", "DELETE", "HEAD"});
  toml.set("method", method);
  if (method == "POST" || method == "PUT") toml.number("body", dice.below(200));
}

std::string next(Dice& dice) {
  Toml toml("Several FastCGI servers");
  fastcgi_settings(toml, dice);
  next_upstream(toml, dice, "fastcgi");
  if (dice.chance(0.15)) toml.set("fastcgi_request_buffering", "off");
  for (std::uint64_t i = 0, n = dice.between(1, 4); i < n; ++i) {
    toml.table("[[upstream.app]]");
    toml.set("protocol", "fastcgi");
    if (dice.chance(0.7)) toml.raw("fault", server_fault(dice));
    if (dice.chance(0.2)) toml.number("weight", dice.between(1, 4));
    if (dice.chance(0.2)) toml.number("max_fails", dice.below(3));
    if (i > 0 && dice.chance(0.15)) toml.raw("backup", "true");
  }
  for (std::uint64_t i = 0, n = dice.between(1, 4); i < n; ++i) {
    some_request(toml, dice);
    if (i > 0 && dice.chance(0.3)) toml.raw("reuse", "true");
  }
  return toml.text();
}

std::string kept_stream(Dice& dice) {
  FastcgiStream stream = good_stream(dice, dice.below(300));
  if (dice.chance(0.15)) stream.bytes() += body_text(dice.between(1, 9));
  if (dice.chance(0.1)) stream.err("too late");
  return bytes_fault(stream.bytes(), "keep");
}

std::string keepalive(Dice& dice) {
  Toml toml("Kept FastCGI connections");
  toml.table("[proxy]");
  toml.set("fastcgi_pass", "app");
  toml.set("include", "fastcgi_params");
  toml.set("fastcgi_read_timeout", "1s");
  toml.set("fastcgi_keep_conn", dice.chance(0.85) ? "on" : "off");
  if (dice.chance(0.4)) toml.set("fastcgi_buffering", "off");
  if (dice.chance(0.3)) next_upstream(toml, dice, "fastcgi");
  toml.table("[group.app]");
  toml.number("keepalive", dice.between(1, 4));
  if (dice.chance(0.2)) toml.number("keepalive_requests", dice.between(1, 3));
  if (dice.chance(0.2)) toml.set("keepalive_timeout", "1s");
  for (std::uint64_t i = 0, n = dice.between(1, 3); i < n; ++i) {
    toml.table("[[upstream.app]]");
    toml.set("protocol", "fastcgi");
    std::string faults = dice.chance(0.6) ? kept_stream(dice) : "";
    if (dice.chance(0.5)) {
      const auto fault = dice.pick({R"(keepalive = "race")", R"(keepalive = "race", how = "RST")",
                                    R"(keepalive = "idle-timeout", timeout = "300ms")",
                                    R"(crash = "nth-request", number = 2)",
                                    R"(crash = "nth-request", number = 3, how = "RST")"});
      faults = fmt::format("{{ {} }}{}{}", fault, faults.empty() ? "" : ", ", faults);
    }
    if (!faults.empty()) toml.raw("faults", fmt::format("[{}]", faults));
  }
  for (std::uint64_t i = 0, n = dice.between(2, 6); i < n; ++i) {
    some_request(toml, dice);
    if (i > 0 && dice.chance(0.3)) toml.raw("reuse", "true");
    if (i > 0 && dice.chance(0.15)) toml.set("pause", "600ms");
  }
  return toml.text();
}

std::string upload(Dice& dice) {
  Toml toml("Uploads to a FastCGI server");
  fastcgi_settings(toml, dice);
  toml.set("client_body_timeout", "1s");
  // Without CONTENT_LENGTH a server leaves the body unread, so that its close is an RST: only
  // where all of it is sent before anything is answered.
  const bool streamed = dice.chance(0.5);
  if (streamed) toml.set("fastcgi_request_buffering", "off");
  if (dice.chance(0.2)) toml.set("client_max_body_size", dice.pick({"1k", "10k", "0"}));
  if (dice.chance(0.3)) toml.set("client_body_buffer_size", dice.pick({"1k", "16k"}));
  toml.table("[[upstream.app]]");
  toml.set("protocol", "fastcgi");
  switch (dice.below(3)) {
    case 0:
      toml.raw("fault",
               fmt::format("{{ {} }}", dice.pick({R"(crash = "mid-request", at = 100)",
                                                  R"(crash = "after-request")",
                                                  R"(slow = "header", delay = "1500ms")"})));
      break;
    case 1:
      toml.number("body", dice.below(3000));
      break;
    default:
      toml.raw("echo", "true");
  }
  for (std::uint64_t i = 0, n = dice.between(1, 3); i < n; ++i) {
    toml.table("[[request]]");
    toml.set("method", dice.pick({"POST", "POST", "PUT", "GET"}));
    toml.number("body", dice.chance(0.5) ? dice.below(2000) : dice.below(60000));
    if (!streamed && dice.chance(0.3)) {
      toml.raw("chunked", "true");
    } else if (dice.chance(0.2)) {
      toml.set("http_version", "1.0");
    }
    if (i > 0 && dice.chance(0.4)) toml.raw("reuse", "true");
    if (dice.chance(0.1)) toml.set("upload_pause", dice.pick({"400ms", "2s"}));
  }
  return toml.text();
}

constexpr std::array<Group, 3> kGroups{{
    {"fastcgi-next-upstream", 3, &next},
    {"fastcgi-keepalive", 3, &keepalive},
    {"fastcgi-upload", 3, &upload},
}};

}  // namespace

std::span<const Group> fastcgi_pool_groups() {
  return kGroups;
}

}  // namespace badgate::harness::fidelity
