// Behaviours of one FastCGI server: rows of records, right and wrong.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "harness/fidelity/fastcgi_stream.h"
#include "harness/fidelity/generate.h"

namespace badgate::harness::fidelity {
namespace {

using net::fastcgi::ProtocolStatus;
using net::fastcgi::Type;

// One server that sends these bytes, and two requests: the second shows what the first has left
// behind on both connections.
std::string answer(Dice& dice, std::string_view title, std::string_view wire, std::string_view then,
                   std::string_view more_faults = {}, std::string_view more_settings = {}) {
  Toml toml(title);
  fastcgi_settings(toml, dice);
  toml.lines(more_settings);
  if (dice.chance(0.4)) {
    toml.table("[group.app]");
    toml.number("keepalive", 4);
  }
  toml.table("[[upstream.app]]");
  toml.set("protocol", "fastcgi");
  toml.raw("faults",
           fmt::format("[{}{}{}]", bytes_fault(wire, then), more_faults, before_reset(wire, then)));
  const auto method = dice.pick({"GET", "GET", "GET", "GET", "HEAD", "POST"});
  toml.table("[[request]]");
  toml.set("method", method);
  if (method == "POST") toml.number("body", dice.between(0, 100));
  if (dice.chance(0.2)) toml.set("http_version", "1.0");
  toml.table("[[request]]");
  toml.raw("reuse", "true");
  return toml.text();
}

// ---- heads

std::string status(Dice& dice) {
  return std::string(dice.pick({"Status: 200 OK",
                                "Status: 404 Not Found",
                                "Status: 404",
                                "Status: 500 Error",
                                "Status: 503",
                                "Status: 204",
                                "Status: 304",
                                "Status: 204 No Content",
                                "Status: 301",
                                "Status: 206 Partial",
                                "Status: foo",
                                "Status: 20",
                                "Status: 099",
                                "Status: 999",
                                "Status: 000",
                                "Status: 2000",
                                "Status: 200OK",
                                "Status: 2 0",
                                "Status:",
                                "Status:  403  Two",
                                "Status: -20",
                                "Status: 100",
                                "Status: 101",
                                "Status: 103 Early",
                                "Status: 404\x01",
                                "status: 418 Teapot",
                                "STATUS: 429",
                                "Status: 600 High",
                                "Status: 401 Who",
                                "Status: 400",
                                "Status: 200 \xc3\xa4",
                                "Status: 404 a\r\nStatus: 405 b",
                                "Status: foo\r\nStatus: 200 OK",
                                "Status: 200 OK\r\nStatus: foo",
                                "HTTP/1.1 404 Not Found"}));
}

std::string odd_line(Dice& dice) {
  switch (dice.below(7)) {
    case 0:
      return std::string(dice.pick({"Location: /there", "Location: http://app/there",
                                    "Location:", "Location: /a\r\nLocation: /b", "location: x",
                                    "Refresh: 5; url=http://app/"}));
    case 1:
      return std::string(
          dice.pick({"X-Accel-Redirect: /there", "X-Accel-Buffering: no", "X-Accel-Buffering: yes",
                     "X-Accel-Buffering: other", "X-Accel-Expires: 0", "X-Accel-Limit-Rate: 0",
                     "X-Accel-Limit-Rate: x", "X-Accel-Redirect: @none",
                     "X-Accel-Redirect: /a\r\nX-Accel-Redirect: /b",
                     "X-Accel-Buffering: no\r\nX-Accel-Buffering: yes"}));
    case 2:
      return std::string(
          dice.pick({"X Y: 1", "X-A : 1", ": 1", "no colon", "X_Y: 1", "X\x01: 1", " folded: 1",
                     "\tfolded", "X-A:1", "X-A: a\rb", "X(Y): 1", "X-A: \xff", "X-A: 1\nX-B: 2",
                     "X-A:   v   ", "\r", "X-A: \x01", "X-A:", "a", "X-A: a\r\r\nX-B: b"}));
    case 3:
      return std::string(
          dice.pick({"Content-Type: text/html; charset=utf-8",
                     "Content-Type:", "Content-Type: a/a\r\nContent-Type: b/b", "Server: other",
                     "Date: now", "Server: a\r\nServer: b", "ETag: \"x\"", "Last-Modified: then",
                     "Set-Cookie: a\r\nSet-Cookie: b", "Cache-Control: no-cache", "Expires: 0",
                     "Vary: *", "WWW-Authenticate: Basic", "Content-Encoding: gzip",
                     "Accept-Ranges: bytes", "Link: </x>; rel=preload"}));
    case 4:
      return std::string(
          dice.pick({"Connection: close", "Connection: keep-alive", "Transfer-Encoding: chunked",
                     "Transfer-Encoding: gzip", "Keep-Alive: timeout=5", "Upgrade: websocket",
                     "Trailer: X-End"}));
    case 5: {
      std::string line = "X-Test: value";
      line[dice.below(line.size())] = static_cast<char>(dice.below(256));
      return line;
    }
    default:
      return fmt::format("X-Long: {}", body_text(dice.between(500, 5000)));
  }
}

std::string head(Dice& dice) {
  FastcgiStream stream(dice);
  const auto body = body_text(dice.below(300));
  std::string text;
  if (dice.chance(0.6)) text += status(dice) + "\r\n";
  const bool length = dice.chance(0.3);
  text += fastcgi_head(dice, body.size(), length);
  for (std::uint64_t i = 0, n = dice.below(3); i < n; ++i)
    text += odd_line(dice) + "\r\n";
  text += dice.pick({"\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r\r\n"});
  stream.out(text);
  stream.out(body);
  stream.end();
  std::string settings;
  if (dice.chance(0.1)) settings += "fastcgi_hide_header = \"X-Powered-By\"\n";
  if (dice.chance(0.1)) settings += "fastcgi_pass_header = [\"Status\", \"X-Accel-Expires\"]\n";
  if (dice.chance(0.1))
    settings += "fastcgi_ignore_headers = \"X-Accel-Redirect X-Accel-Buffering\"\n";
  if (dice.chance(0.1)) settings += "fastcgi_intercept_errors = \"on\"\n";
  return answer(dice, "A FastCGI server's head", stream.bytes(), fastcgi_ending(dice), {},
                settings);
}

// Heads that end just below, at and just above the buffer's end.
std::string head_size(Dice& dice) {
  FastcgiStream stream(dice);
  const std::uint64_t around = std::uint64_t{1024} << dice.below(4);
  if (dice.chance(0.3)) stream.err(body_text(dice.between(1, 2000)));
  const std::uint64_t size = around - 40 + dice.below(50);
  std::string text = "Content-Type: text/plain\r\nX: ";
  text += std::string(size - text.size() - 4, 'x') + "\r\n\r\n";
  stream.out(text);
  stream.out(body_text(dice.below(9000)));
  stream.end();
  return answer(dice, "A FastCGI head about as large as the buffer", stream.bytes(),
                fastcgi_ending(dice));
}

// ---- STDERR

std::string complaint(Dice& dice) {
  std::string text;
  switch (dice.below(6)) {
    case 0:
      return {};
    case 1:
      text = std::string(dice.pick({"\n", ".", " . \r\n", "\n\n\n", "x", " x", "\nx", "...x..."}));
      break;
    case 2:
      text = body_text(dice.between(1, 12000));
      break;
    case 3:
      text = "PHP Warning:  one\nPHP Warning:  two";
      break;
    case 4:
      text = dice.bytes(dice.between(1, 30));
      break;
    default:
      text = "PHP message: PHP Fatal error:  Uncaught Exception in /srv/a.php:3";
  }
  return text + std::string(dice.pick({"", "", "\n", "\r\n", ".", ". \n", "  "}));
}

// With Content-Length but without END_REQUEST, a client has the whole response before the proxy
// closes; whether it sees the close is for the kernel to decide.
std::string complaints(Dice& dice) {
  FastcgiStream stream(dice);
  const auto body = body_text(dice.below(3000));
  const bool ends = dice.chance(0.8);
  const bool length = ends && dice.chance(0.3);
  const auto text = fastcgi_head(dice, body.size(), length) + "\r\n";
  const auto say = [&](double chance) {
    while (dice.chance(chance))
      stream.err(complaint(dice));
  };
  const auto cut = dice.below(text.size());
  say(0.5);
  stream.out(std::string_view(text).substr(0, cut));
  say(0.3);
  stream.out(std::string_view(text).substr(cut));
  say(0.4);
  stream.out(std::string_view(body).substr(0, body.size() / 2));
  say(0.3);
  stream.out(std::string_view(body).substr(body.size() / 2));
  say(0.3);
  if (ends) stream.end();
  std::string settings;
  if (dice.chance(0.2)) settings = "fastcgi_catch_stderr = \"PHP Fatal error\"\n";
  return answer(dice, "A FastCGI server complains", stream.bytes(), fastcgi_ending(dice), {},
                settings);
}

// ---- the records' order

void any_record(FastcgiStream& stream, Dice& dice) {
  switch (dice.below(6)) {
    case 0:
      return stream.close_out();
    case 1:
      return stream.end();
    case 2:
      return stream.end(static_cast<std::uint32_t>(dice.below(300)),
                        static_cast<ProtocolStatus>(dice.below(5)));
    case 3:
      return stream.err(complaint(dice));
    case 4:
      return stream.record(Type::end_request, body_text(dice.below(12)));
    default:
      return stream.out(body_text(dice.between(1, 100)));
  }
}

std::string order(Dice& dice) {
  FastcgiStream stream(dice);
  const auto body = body_text(dice.below(300));
  const bool length = dice.chance(0.4);
  const auto text = fastcgi_head(dice, body.size(), length) + "\r\n";
  if (dice.chance(0.2)) any_record(stream, dice);
  stream.out(text);
  if (dice.chance(0.4)) any_record(stream, dice);
  stream.out(body);
  for (std::uint64_t i = 0, n = dice.below(4); i < n; ++i)
    any_record(stream, dice);
  if (dice.chance(0.2)) stream.bytes() += dice.bytes(dice.between(1, 10));
  return answer(dice, "FastCGI records in any order", stream.bytes(),
                dice.pick({"drain", "drain", "drain", "reset", "keep", "stall"}));
}

// ---- bytes of records

// Where a byte of a record's header stands.
std::size_t in_header(const FastcgiStream& stream, Dice& dice) {
  const auto start = stream.starts()[dice.below(stream.starts().size())];
  return start + dice.below(net::fastcgi::header_size);
}

std::string header(Dice& dice) {
  auto stream = good_stream(dice, dice.between(1, 400));
  const auto at = in_header(stream, dice);
  auto& byte = stream.bytes()[at];
  byte = static_cast<char>(dice.chance(0.5) ? dice.below(12) : dice.below(256));
  return answer(dice, "A FastCGI record's header is wrong", stream.bytes(), fastcgi_ending(dice));
}

std::string mutated(Dice& dice) {
  auto stream = good_stream(dice, dice.between(1, 120));
  std::string wire = stream.bytes();
  for (std::uint64_t i = 0, n = dice.between(1, 3); i < n; ++i) {
    const auto at = dice.below(wire.size());
    const auto length = dice.between(1, 8);
    switch (dice.below(4)) {
      case 0:
        wire[at] = static_cast<char>(dice.below(256));
        break;
      case 1:
        wire.erase(at, length);
        break;
      case 2:
        wire.insert(at, dice.bytes(length));
        break;
      default:
        wire.insert(at, wire.substr(dice.below(wire.size()), length));
    }
    if (wire.empty()) wire = "\x01";
  }
  return answer(dice, "Good FastCGI records with bytes changed", wire, fastcgi_ending(dice));
}

// ---- bodies

std::string content_length(Dice& dice, std::size_t body) {
  switch (dice.below(6)) {
    case 0:
      return fmt::format("Content-Length: {}\r\n", body);
    case 1:
      return fmt::format("Content-Length: {}\r\n", dice.below(2 * body + 2));
    case 2:
      return fmt::format("Content-Length: {}\r\nContent-Length: {}\r\n", body, dice.below(500));
    case 3:
      return fmt::format("Content-Length: {}\r\n",
                         dice.pick({"x", "-1", "", "0", "5, 5", "+5", "99999999999999999999"}));
    case 4:
      return fmt::format("Content-Length: {}\r\nTransfer-Encoding: chunked\r\n", body);
    default:
      return {};
  }
}

std::string length(Dice& dice) {
  FastcgiStream stream(dice);
  const auto body = body_text(dice.below(500));
  std::string text = content_length(dice, body.size());
  if (dice.chance(0.25)) text += dice.pick({"Status: 204\r\n", "Status: 304\r\n"});
  stream.out(text + "Content-Type: text/plain\r\n\r\n");
  stream.out(body);
  if (dice.chance(0.3)) stream.close_out();
  if (dice.chance(0.9)) stream.end();
  return answer(dice, "Content-Length over FastCGI", stream.bytes(), fastcgi_ending(dice));
}

std::string body(Dice& dice) {
  FastcgiStream stream(dice);
  const auto size = dice.between(1, dice.chance(0.5) ? 9000 : 150000);
  const bool ends = dice.chance(0.9);
  const bool sized = ends && dice.chance(0.4);
  stream.out(fastcgi_head(dice, size, sized) + "\r\n");
  stream.out(body_text(size));
  if (ends) stream.end();
  return answer(dice, "A FastCGI body of many records", stream.bytes(),
                dice.pick({"drain", "drain", "drain", "keep"}));
}

// ---- ends and times

std::string cut(Dice& dice) {
  auto stream = good_stream(dice, dice.chance(0.7) ? dice.below(200) : dice.below(20000));
  const auto size = stream.bytes().size();
  const auto at = dice.chance(0.3)   ? in_header(stream, dice)
                  : dice.chance(0.5) ? size - 1 - dice.below(std::min<std::size_t>(size - 1, 30))
                                     : dice.below(size);
  return answer(dice, "FastCGI records end early", stream.bytes().substr(0, at),
                dice.pick({"drain", "drain", "drain", "reset", "stall", "keep"}));
}

// Well off the timeout of a second, also all together: timers may be 300 ms late.
std::string pauses(Dice& dice) {
  FastcgiStream stream = good_stream(dice, dice.chance(0.7) ? dice.below(300) : dice.below(20000));
  if (dice.chance(0.3)) stream.err(complaint(dice));
  if (dice.chance(0.3)) stream.end();
  std::string faults;
  std::size_t at = 0;
  const auto size = stream.bytes().size();
  for (std::uint64_t i = 0, n = dice.between(1, 3); i < n && at + 1 < size; ++i) {
    at = dice.chance(0.5) ? std::max(at + 1, in_header(stream, dice))
                          : at + dice.between(1, std::max<std::size_t>((size - at) / 2, 1));
    if (at >= size) break;
    faults += fmt::format(", {{ slow = \"header-stall\", at = {}, delay = \"{}\" }}", at,
                          dice.pick({"100ms", "200ms", "200ms", "1500ms"}));
  }
  return answer(dice, "FastCGI records with pauses", stream.bytes(), fastcgi_ending(dice), faults);
}

constexpr std::array<Group, 10> kGroups{{
    {"fastcgi-head", 5, &head},
    {"fastcgi-head-size", 3, &head_size},
    {"fastcgi-stderr", 4, &complaints},
    {"fastcgi-order", 4, &order},
    {"fastcgi-record-header", 3, &header},
    {"fastcgi-mutated", 3, &mutated},
    {"fastcgi-length", 3, &length},
    {"fastcgi-body", 2, &body},
    {"fastcgi-cut", 3, &cut},
    {"fastcgi-pauses", 3, &pauses},
}};

}  // namespace

std::span<const Group> fastcgi_groups() {
  return kGroups;
}

}  // namespace badgate::harness::fidelity
