#include "harness/fidelity/behaviour.h"

#include <fmt/core.h>

#include <algorithm>

#include "net/escapes.h"

namespace badgate::harness::fidelity {

Toml::Toml(std::string_view title) {
  set("title", title);
}

void Toml::table(std::string_view header) {
  text_ += fmt::format("\n{}\n", header);
}

void Toml::set(std::string_view key, std::string_view text) {
  text_ += fmt::format("{} = \"{}\"\n", key, text);
}

void Toml::number(std::string_view key, std::uint64_t value) {
  text_ += fmt::format("{} = {}\n", key, value);
}

void Toml::lines(std::string_view lines) {
  text_ += lines;
}

void Toml::raw(std::string_view key, std::string_view value) {
  text_ += fmt::format("{} = {}\n", key, value);
}

std::string bytes_fault(std::string_view data, std::string_view then) {
  return fmt::format("{{ garbage = \"bytes\", data = '{}', then = \"{}\" }}", net::escape(data),
                     then);
}

std::string before_reset(std::string_view wire, std::string_view then) {
  if (then != "reset") return {};
  return fmt::format(", {{ slow = \"header-stall\", at = {}, delay = \"100ms\" }}", wire.size());
}

void proxy_settings(Toml& toml, Dice& dice) {
  toml.table("[proxy]");
  toml.set("proxy_connect_timeout", "1s");
  toml.set("proxy_read_timeout", "1s");
  toml.set("proxy_send_timeout", "1s");
  // How long a client waits for the end of what is no HTTP.
  toml.set("keepalive_timeout", "1s");
  if (dice.chance(0.3)) toml.set("proxy_buffering", "off");
  if (dice.chance(0.4)) toml.set("proxy_http_version", "1.1");
  if (dice.chance(0.4)) {
    const auto size = dice.pick({"1k", "2k", "8k"});
    toml.set("proxy_buffer_size", size);
    if (dice.chance(0.5) || size == "8k") {
      toml.set("proxy_buffers", fmt::format("{} {}", dice.between(4, 8), size));
      toml.set("proxy_busy_buffers_size", size == "1k" ? "2k" : size == "2k" ? "4k" : "16k");
    }
  }
}

void next_upstream(Toml& toml, Dice& dice, std::string_view protocol) {
  if (dice.chance(0.6)) {
    std::string conditions;
    for (std::string_view each :
         {"error", "timeout", "invalid_header", "http_500", "http_502", "http_503", "http_504",
          "http_403", "http_404", "http_429", "non_idempotent"}) {
      // Of proxy_next_upstream alone.
      if (protocol != "proxy" && (each == "http_502" || each == "http_504")) continue;
      if (dice.chance(0.4)) conditions += fmt::format("{}{}", conditions.empty() ? "" : " ", each);
    }
    toml.set(fmt::format("{}_next_upstream", protocol), conditions.empty() ? "off" : conditions);
  }
  if (dice.chance(0.2))
    toml.number(fmt::format("{}_next_upstream_tries", protocol), dice.between(1, 3));
  if (dice.chance(0.1)) toml.set(fmt::format("{}_next_upstream_timeout", protocol), "600ms");
}

std::string body_text(std::size_t bytes) {
  constexpr std::string_view alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string body(bytes, ' ');
  for (std::size_t i = 0; i < bytes; ++i)
    body[i] = alphabet[i % alphabet.size()];
  return body;
}

std::string as_chunks(Dice& dice, std::string_view body) {
  std::string text;
  while (!body.empty()) {
    const auto size = dice.between(1, std::max<std::uint64_t>(body.size() / 2, 1));
    text += fmt::format("{:x}\r\n{}\r\n", size, body.substr(0, size));
    body.remove_prefix(size);
  }
  return text + "0\r\n\r\n";
}

Wire good_response(Dice& dice, std::size_t body_bytes) {
  Wire wire;
  const auto body = body_text(body_bytes);
  wire.head = "HTTP/1.1 200 OK\r\nServer: app\r\nContent-Type: text/plain\r\n";
  switch (dice.below(3)) {
    case 0:
      wire.head += fmt::format("Content-Length: {}\r\n", body.size());
      wire.body = body;
      break;
    case 1:
      wire.head += "Transfer-Encoding: chunked\r\n";
      wire.body = as_chunks(dice, body);
      break;
    default:
      wire.head += "Connection: close\r\n";
      wire.body = body;
  }
  wire.head += "\r\n";
  return wire;
}

std::string_view some_ending(Dice& dice) {
  return dice.pick({"close", "close", "close", "drain", "reset", "keep"});
}

}  // namespace badgate::harness::fidelity
