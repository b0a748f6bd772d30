// Behaviours of one server: what it sends in answer to a request, byte for byte, and when.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "harness/fidelity/generate.h"

namespace badgate::harness::fidelity {
namespace {

// One server that sends these bytes, and two requests: the second shows what the first has left
// behind on both connections.
std::string respond(Dice& dice, std::string_view title, std::string_view wire,
                    std::string_view then, std::string_view more_faults = {}) {
  Toml toml(title);
  proxy_settings(toml, dice);
  if (dice.chance(0.3)) {
    toml.table("[group.app]");
    toml.number("keepalive", 4);
  }
  toml.table("[[upstream.app]]");
  toml.raw("faults",
           fmt::format("[{}{}{}]", bytes_fault(wire, then), more_faults, before_reset(wire, then)));
  const auto method = dice.pick({"GET", "GET", "GET", "HEAD", "POST"});
  toml.table("[[request]]");
  toml.set("method", method);
  if (method == "POST") toml.number("body", dice.between(0, 100));
  if (dice.chance(0.2)) toml.set("http_version", "1.0");
  toml.table("[[request]]");
  toml.raw("reuse", "true");
  return toml.text();
}

// ---- heads

std::string status_line(Dice& dice) {
  const std::string version(dice.pick({"HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/0.9", "HTTP/2",
                                       "HTTP/2.0", "HTTP/11.12", "http/1.1", "HTTP/1.", "HTTP/.1",
                                       "HTTP/", "HTTP/1.1000", "HTP/1.1", "HTTP /1.1", ""}));
  const std::string space(dice.pick({" ", " ", " ", "  ", "\t", "", "   "}));
  const std::string code(
      dice.pick({"200", "200", "404", "500", "100", "102", "103", "199",  "204", "205",  "206",
                 "301", "304", "400", "401", "403", "416", "429", "499",  "502", "503",  "504",
                 "000", "001", "099", "600", "999", "20",  "2",   "2000", "2x0", "-200", "+20"}));
  const std::string reason(
      dice.pick({" OK", " OK", "", " ", " a reason of several words", "OK", "\tOK", " \xc3\xa4",
                 " with\x01"
                 "control",
                 " \x7f", "  two spaces"}));
  const std::string end(dice.pick({"\r\n", "\r\n", "\r\n", "\n", "\r\r\n", "\r"}));
  const std::string before(dice.chance(0.1) ? dice.pick({"\r\n", "\n", " ", "x", "\r"}) : "");
  const std::string line = before + version + space + code + reason + end;
  const auto body = body_text(dice.between(0, 200));
  const bool sized = dice.chance(0.8);
  std::string lines = sized ? fmt::format("Content-Length: {}\r\n", body.size()) : std::string();
  return respond(dice, "A status line", line + lines + "\r\n" + body, some_ending(dice));
}

std::string odd_header(Dice& dice) {
  switch (dice.below(9)) {
    case 0:
      return std::string(dice.pick({"X-Plain: value", "X-Empty:", "X-Empty: ", "X:", "no colon",
                                    "nocolon", ":", ": value", "::", "a:b:c", "X-Space : value",
                                    "X Y: value", "X-Tab\t: value", "\tfolded", " folded"}));
    case 1: {
      std::string line = "X-Test: value";
      line[dice.below(line.size())] = static_cast<char>(dice.below(256));
      return line;
    }
    case 2:
      return fmt::format("X-Long: {}", body_text(dice.between(500, 9000)));
    case 3:
      return std::string(dice.pick(
          {"Connection: close", "Connection: keep-alive", "Connection: Upgrade",
           "Connection: close, x", "Keep-Alive: timeout=5", "Upgrade: websocket", "TE: trailers",
           "Trailer: X-End", "Proxy-Connection: close", "Connection: CLOSE"}));
    case 4:
      return std::string(dice.pick({"Server: other",
                                    "Date: Thu, 01 Jan 1970 00:00:00 GMT",
                                    "Date: now",
                                    "Content-Type: text/html; charset=utf-8",
                                    "Content-Type:",
                                    "Content-Encoding: gzip",
                                    "Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT",
                                    "Last-Modified: then",
                                    "ETag: \"x\"",
                                    "ETag: x",
                                    "Accept-Ranges: bytes",
                                    "Expires: 0",
                                    "Cache-Control: no-cache",
                                    "Cache-Control: max-age=10",
                                    "Vary: *",
                                    "Set-Cookie: a=b",
                                    "WWW-Authenticate: Basic",
                                    "Location: /there",
                                    "Location: http://app/there",
                                    "Location: http://other/there",
                                    "Refresh: 5; url=http://app/",
                                    "Link: </x>; rel=preload",
                                    "Pragma: no-cache",
                                    "Status: 404 Not Found",
                                    "X-Powered-By: chance",
                                    "Content-Range: bytes 0-9/10"}));
    case 5:
      return std::string(dice.pick(
          {"X-A: 1\r\nX-A: 2", "Set-Cookie: a\r\nSet-Cookie: b", "Server: a\r\nServer: b",
           "Date: a\r\nDate: b", "Content-Type: a/a\r\nContent-Type: b/b",
           "ETag: \"a\"\r\nETag: \"b\"", "Location: /a\r\nLocation: /b",
           "Last-Modified: a\r\nLast-Modified: b", "Connection: close\r\nConnection: keep-alive",
           "Vary: a\r\nVary: b", "Expires: 0\r\nExpires: 1"}));
    case 6:
      return std::string(
          dice.pick({"X-Lf: value\nX-Next: value", "X-Cr: a\rb", "X-Cr: a\r\rb", "X-Cr:\r\r\n",
                     "X-Trail: value   ", "X-Lead:    value", "X-Lead:\tvalue", "X-Both: \t v \t ",
                     "X-Fold: a\r\n b", "X-Fold: a\r\n\tb"}));
    case 7: {
      std::string lines = "X-0: 0";
      for (std::uint64_t i = 1, n = dice.between(10, 300); i < n; ++i)
        lines += fmt::format("\r\nX-{}: {}", i, i);
      return lines;
    }
    default:
      return fmt::format("{}: value", dice.bytes(dice.between(1, 6)));
  }
}

std::string header_lines(Dice& dice) {
  const auto body = body_text(dice.between(0, 300));
  std::string head = "HTTP/1.1 200 OK\r\n";
  const auto length = fmt::format("Content-Length: {}\r\n", body.size());
  if (dice.chance(0.5)) head += length;
  for (std::uint64_t i = 0, n = dice.between(1, 3); i < n; ++i)
    head += odd_header(dice) + "\r\n";
  if (head.find("Content-Length") == std::string::npos && dice.chance(0.8)) head += length;
  return respond(dice, "Header lines", head + "\r\n" + body, some_ending(dice));
}

// Heads whose size is just below, at and just above a buffer's.
std::string head_size(Dice& dice) {
  const std::uint64_t around = std::uint64_t{1024} << dice.below(4);
  const std::uint64_t size = around - 20 + dice.below(40);
  const auto body = body_text(dice.between(0, 9000));
  std::string head = fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nX: ", body.size());
  head += std::string(size - head.size() - 4, 'x') + "\r\n\r\n";
  return respond(dice, "A head about as large as the buffer", head + body, some_ending(dice));
}

// ---- framing

std::string framing(Dice& dice) {
  const auto body = body_text(dice.between(0, 400));
  std::string head(dice.pick({"HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\n", "HTTP/1.0 200 OK\r\n",
                              "HTTP/1.1 204 No Content\r\n", "HTTP/1.1 304 Not Modified\r\n",
                              "HTTP/1.1 500 Error\r\n"}));
  bool chunked = false;
  for (std::uint64_t i = 0, n = dice.between(1, 2); i < n; ++i) {
    switch (dice.below(5)) {
      case 0:
        head += fmt::format("Content-Length: {}\r\n", body.size());
        break;
      case 1:
        head += fmt::format("Content-Length: {}\r\n", dice.below(2 * body.size() + 2));
        break;
      case 2:
        head += fmt::format(
            "Content-Length: {}\r\n",
            dice.pick({"abc", "-1", "", "1 2", "0x10", "+5", "5,5", "5;", "99999999999999999999",
                       "9223372036854775807", "007", "5 ", "1e3"}));
        break;
      case 3:
        head += "Transfer-Encoding: chunked\r\n";
        chunked = true;
        break;
      default:
        head += fmt::format(
            "Transfer-Encoding: {}\r\n",
            dice.pick({"Chunked", "CHUNKED", "identity", "gzip", "gzip, chunked", "chunked, gzip",
                       "chunked,chunked", "", "xchunkedx", "chunked;a=b"}));
        chunked = dice.chance(0.7);
    }
  }
  return respond(dice, "Framing", head + "\r\n" + (chunked ? as_chunks(dice, body) : body),
                 some_ending(dice));
}

std::string chunk_line(Dice& dice, std::size_t size) {
  const auto right = fmt::format("{:x}", size);
  switch (dice.below(12)) {
    case 0:
      return fmt::format("{:X}", size);
    case 1:
      return "000" + right;
    case 2:
      return right + std::string(dice.pick({";a=b", "; a", ";\"q\"", " ", "\t", " ;x", ";"}));
    case 3:
      return std::string(dice.pick({" ", "\t", "+", "-", "0x", ";", "g"})) + right;
    case 4:
      return std::string(dice.pick({"", "xyz", "-1", "ffffffffffffffff", "7fffffffffffffff",
                                    "fffffffffffffffff", "1000000000000", "g"}));
    case 5:
      return fmt::format("{:x}", size + dice.between(1, 9));
    case 6:
      return fmt::format("{:x}", size - std::min<std::size_t>(size, dice.between(1, 9)));
    default:
      return right;
  }
}

std::string chunks(Dice& dice) {
  std::string wire = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::uint64_t i = 0, n = dice.between(1, 4); i < n; ++i) {
    const auto data = body_text(dice.between(1, 200));
    wire += chunk_line(dice, data.size()) + std::string(dice.pick({"\r\n", "\r\n", "\r\n", "\n"}));
    wire += data + std::string(dice.chance(0.9) ? "\r\n" : dice.pick({"\n", "", "\r", "xx"}));
  }
  wire += dice.pick({"0\r\n\r\n", "0\r\n\r\n", "0\r\n\r\n", "0\r\n", "0\n\n", "", "00000\r\n\r\n",
                     "0;a\r\n\r\n", "0\r\nX-End: 1\r\n\r\n", "0\r\nbad trailer\r\n\r\n", "0"});
  if (dice.chance(0.15)) wire += dice.pick({"x", "\r\n", "HTTP/1.1 200 OK\r\n\r\n"});
  return respond(dice, "Chunks", wire, some_ending(dice));
}

// ---- ends and times

std::string body_end(Dice& dice) {
  const std::size_t size = dice.chance(0.5) ? dice.between(1, 2000) : dice.between(2000, 60000);
  const Wire wire = good_response(dice, size);
  const auto whole = wire.whole();
  const auto cut = dice.chance(0.2) ? whole.size() : dice.between(wire.head.size(), whole.size());
  std::string after;
  if (cut == whole.size() && dice.chance(0.3)) after = body_text(dice.between(1, 20));
  return respond(dice, "The body ends", whole.substr(0, cut) + after,
                 dice.pick({"close", "close", "drain", "reset", "stall", "keep"}));
}

std::string head_end(Dice& dice) {
  const Wire wire = good_response(dice, 50);
  return respond(dice, "The head ends early", wire.head.substr(0, dice.below(wire.head.size())),
                 dice.pick({"close", "close", "drain", "reset", "stall"}));
}

// Well off the timeout of a second, also all together: timers may be 300 ms late.
std::string pause(Dice& dice, std::size_t at) {
  const auto time = dice.pick({"100ms", "200ms", "1500ms", "2s"});
  return fmt::format(", {{ slow = \"header-stall\", at = {}, delay = \"{}\" }}", at, time);
}

std::string pauses(Dice& dice) {
  const Wire wire = good_response(dice, dice.chance(0.7) ? dice.below(300) : dice.below(20000));
  const auto whole = wire.whole();
  std::string faults;
  std::size_t at = 0;
  for (std::uint64_t i = 0, n = dice.between(1, 3); i < n && at + 1 < whole.size(); ++i) {
    at += dice.between(1, std::max<std::size_t>((whole.size() - at) / 2, 1));
    faults += pause(dice, at);
  }
  return respond(dice, "Pauses", whole, dice.pick({"close", "close", "reset", "keep"}), faults);
}

// ---- anything

std::string mutated(Dice& dice) {
  std::string wire = good_response(dice, dice.between(1, 120)).whole();
  for (std::uint64_t i = 0, n = dice.between(1, 3); i < n; ++i) {
    const auto at = dice.below(wire.size());
    const auto length = dice.between(1, 8);
    switch (dice.below(5)) {
      case 0:
        wire[at] = static_cast<char>(dice.below(256));
        break;
      case 1:
        wire.erase(at, length);
        break;
      case 2:
        wire.insert(at, dice.bytes(length));
        break;
      case 3:
        wire.insert(at, wire.substr(dice.below(wire.size()), length));
        break;
      default:
        wire[at] = "\r\n \t:0\0;"[dice.below(8)];
    }
    if (wire.empty()) wire = "x";
  }
  return respond(dice, "A good response with bytes changed", wire, some_ending(dice));
}

constexpr std::array<Group, 9> kGroups{{
    {"status-line", 10, &status_line},
    {"header-lines", 14, &header_lines},
    {"head-size", 6, &head_size},
    {"framing", 10, &framing},
    {"chunks", 10, &chunks},
    {"body-end", 10, &body_end},
    {"head-end", 4, &head_end},
    {"pauses", 8, &pauses},
    {"mutated", 12, &mutated},
}};

}  // namespace

std::span<const Group> response_groups() {
  return kGroups;
}

}  // namespace badgate::harness::fidelity
