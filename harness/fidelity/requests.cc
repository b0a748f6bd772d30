// Behaviours of clients: what they send, how they send it, when they leave.
#include <fmt/core.h>

#include <array>

#include "harness/fidelity/generate.h"
#include "net/escapes.h"

namespace badgate::harness::fidelity {
namespace {

// A server for uploads: it echoes, answers early, or breaks while it reads.
void upload_server(Toml& toml, Dice& dice) {
  toml.table("[[upstream.app]]");
  switch (dice.below(4)) {
    case 0:
      toml.raw("echo", "true");
      break;
    case 1:
      toml.raw("fault",
               fmt::format(
                   "{{ {} }}",
                   dice.pick({R"(crash = "mid-request", at = 100)", R"(crash = "after-request")",
                              R"(crash = "before-request")", R"(unfit = "early", then = "drain")",
                              R"(slow = "header", delay = "1500ms")"})));
      break;
    default:
      toml.number("body", dice.below(3000));
  }
}

std::string upload(Dice& dice) {
  Toml toml("Uploads");
  proxy_settings(toml, dice);
  toml.set("client_body_timeout", "1s");
  if (dice.chance(0.4)) toml.set("proxy_request_buffering", "off");
  if (dice.chance(0.3)) toml.set("client_max_body_size", dice.pick({"1k", "10k", "0"}));
  if (dice.chance(0.3)) toml.set("client_body_buffer_size", dice.pick({"1k", "16k"}));
  upload_server(toml, dice);
  for (std::uint64_t i = 0, n = dice.between(1, 3); i < n; ++i) {
    toml.table("[[request]]");
    toml.set("method", dice.pick({"POST", "POST", "PUT", "PATCH", "DELETE", "GET"}));
    const auto size = dice.chance(0.5) ? dice.below(2000) : dice.below(40000);
    toml.number("body", size);
    if (dice.chance(0.3)) {
      toml.raw("chunked", "true");
    } else if (dice.chance(0.2)) {
      toml.set("http_version", "1.0");
    }
    if (i > 0 && dice.chance(0.4)) toml.raw("reuse", "true");
    if (dice.chance(0.1)) toml.set("upload_pause", dice.pick({"400ms", "2s"}));
    if (dice.chance(0.1) && size > 0) toml.number("leave_after_bytes", dice.below(size));
  }
  return toml.text();
}

std::string leaving(Dice& dice) {
  Toml toml("A client that leaves");
  proxy_settings(toml, dice);
  if (dice.chance(0.3)) toml.raw("proxy_ignore_client_abort", "true");
  toml.table("[[upstream.app]]");
  toml.number("body", dice.below(3000));
  toml.raw("fault",
           fmt::format(
               "{{ {} }}",
               dice.pick({R"(slow = "header", delay = "600ms")", R"(slow = "header", delay = "3s")",
                          R"(slow = "body-stall", at = 10, delay = "700ms")",
                          R"(slow = "body-stall", at = 10)", R"(slow = "header-stall", at = 20)",
                          R"(firewall = "full-backlog")"})));
  if (dice.chance(0.4)) toml.table("[[upstream.app]]");
  for (std::uint64_t i = 0, n = dice.between(1, 2); i < n; ++i) {
    toml.table("[[request]]");
    toml.set("method", dice.pick({"GET", "GET", "POST", "HEAD"}));
    if (dice.chance(0.3)) toml.number("body", dice.below(500));
    toml.set("leave_after", dice.pick({"200ms", "400ms"}));
  }
  toml.table("[[request]]");
  return toml.text();
}

std::string path(Dice& dice) {
  switch (dice.below(6)) {
    case 0:
      return std::string(
          dice.pick({"/",    "/a",    "/a/b/", "/?",      "/?a=b",      "/a?b=c&d=e#f",
                     "//",   "/a//b", "/./a",  "/a/../b", "/../a",      "/a/..",
                     "/a/.", "/...",  "/%20",  "/%41%42", "/%2e%2e/a",  "/%2F",
                     "/%",   "/%zz",  "/%00",  "/a%3fb",  "/a;b",       "/~a",
                     "/a+b", "/#",    "*",     "a",       "http://app/"}));
    case 1:
      return "/" + body_text(dice.between(1, 12000));
    default:
      return "/" + body_text(dice.below(20));
  }
}

std::string request_headers(Dice& dice) {
  switch (dice.below(8)) {
    case 0:
      return R"({ Connection = "close" })";
    case 1:
      return R"({ Connection = "keep-alive" })";
    case 2:
      return fmt::format(R"({{ X-Long = "{}" }})", body_text(dice.between(500, 9000)));
    case 3:
      return R"({ X-Under_score = "1", X-Plain = "2" })";
    case 4:
      return R"({ Expect = "100-continue" })";
    case 5:
      return fmt::format(
          R"({{ {} = "{}" }})",
          dice.pick({"Range", "TE", "Keep-Alive", "Upgrade", "Accept-Encoding", "If-Modified-Since",
                     "If-None-Match", "Referer", "User-Agent", "X-Forwarded-For", "Cookie"}),
          dice.pick({"1", "bytes=0-9", "trailers", "gzip"}));
    default:
      return R"({ X-Request = "1" })";
  }
}

std::string requests(Dice& dice) {
  Toml toml("Requests of all kinds");
  proxy_settings(toml, dice);
  if (dice.chance(0.2)) toml.number("keepalive_requests", dice.between(1, 3));
  toml.table("[[upstream.app]]");
  toml.set("framing", dice.pick({"length", "chunked", "close"}));
  toml.number("body", dice.below(500));
  for (std::uint64_t i = 0, n = dice.between(1, 5); i < n; ++i) {
    toml.table("[[request]]");
    toml.set("method",
             dice.pick({"GET", "GET", "HEAD", "POST", "OPTIONS", "DELETE", "TRACE", "CONNECT"}));
    toml.set("path", path(dice));
    if (dice.chance(0.2)) toml.set("http_version", "1.0");
    if (dice.chance(0.5)) toml.raw("headers", request_headers(dice));
    if (i > 0 && dice.chance(0.5)) toml.raw("reuse", "true");
    if (i > 0 && dice.chance(0.1)) toml.set("pause", "400ms");
  }
  return toml.text();
}

// ---- bytes that are no proper request

std::string odd_request_line(Dice& dice) {
  const std::string method(dice.pick({"GET", "GET", "GET", "get", "G_T", "G-T", "HEAD", "POST", "",
                                      "BREW", "GET\x01", "PRI", "CONNECT", "OPTIONS"}));
  const std::string space(dice.pick({" ", " ", " ", " ", "  ", "\t", ""}));
  const std::string target(dice.pick({"/",
                                      "/",
                                      "/a b",
                                      "/a\tb",
                                      "/\x01",
                                      "/\xc3\xa4",
                                      "*",
                                      "",
                                      "a",
                                      "http://localhost/a",
                                      "http://localhost",
                                      "http://other:80/",
                                      "http://:80/",
                                      "http:///a",
                                      "https://localhost/",
                                      "HTTP://localhost/a",
                                      "ftp://localhost/",
                                      "localhost:80",
                                      "/../../a",
                                      "/%00",
                                      "/%2",
                                      "/a?b c",
                                      "//a",
                                      "http://[::1]/a"}));
  const std::string version(
      dice.pick({" HTTP/1.1", " HTTP/1.1", " HTTP/1.1", " HTTP/1.0", "", " HTTP/0.9", " HTTP/2.0",
                 " HTTP/1.2", " HTTP/1.", " HTTP/11.1", " http/1.1", " HTTP/1.1 ", " HTTP/1.1 x",
                 "  HTTP/1.1", " HTTP/3", " XTTP/1.1", " HTTP/1.01"}));
  return method + space + target + version;
}

std::string odd_request_header(Dice& dice) {
  switch (dice.below(6)) {
    case 0:
      return std::string(dice.pick({"Host: other", "Host: a b", "Host: LOCALHOST:80", "Host:",
                                    "Host: a/b", "Host: [::1]:80", "Host: localhost:x", "Host: .",
                                    "Host: a..b", "Host: a\x01", "Host: a:80:90", "Host: a."}));
    case 1:
      return std::string(dice.pick({"X Y: 1", "X-A : 1", ": 1", "no colon", "X_Y: 1", "X\x01: 1",
                                    " folded: 1", "\tfolded", "X-\xc3\xa4: 1", "X-A:1", "X-A: \x01",
                                    "X-A: a\rb", "X(Y): 1", "X-A: \xff"}));
    case 2:
      return std::string(dice.pick(
          {"Content-Length: 5", "Content-Length: -1", "Content-Length: x", "Content-Length: 5 ",
           "Content-Length: 5, 5", "Content-Length:", "Content-Length: 99999999999999999999",
           "Content-Length: 0", "Content-Length: +5", "Content-Length: 5\r\nContent-Length: 5",
           "Content-Length: 5\r\nContent-Length: 6",
           "Content-Length: 5\r\nTransfer-Encoding: chunked"}));
    case 3:
      return std::string(dice.pick(
          {"Transfer-Encoding: chunked", "Transfer-Encoding: identity", "Transfer-Encoding: gzip",
           "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: Chunked",
           "Transfer-Encoding:", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"}));
    case 4:
      return fmt::format("X-Long: {}", body_text(dice.between(700, 9500)));
    default:
      return std::string(
          dice.pick({"Connection: close", "Connection: keep-alive", "Connection: Keep-Alive, x",
                     "Expect: 100-continue", "Expect: other", "Upgrade: h2c", "Accept: */*",
                     "Referer: \"x\"", "User-Agent: \\x"}));
  }
}

std::string odd_request_body(Dice& dice) {
  return std::string(dice.pick({"", "", "hello", "hell", "hello!", "5\r\nhello\r\n0\r\n\r\n",
                                "5\r\nhello\r\n", "5\r\nhelloX", "x\r\n", "-1\r\n",
                                "5;a=b\r\nhello"
                                "\r\n0\r\nX: 1\r\n\r\n",
                                "ffffffffffffffffff\r\n", "0\r\n\r\n",
                                "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"}));
}

std::string request_bytes(Dice& dice) {
  Toml toml("Bytes that may be a request");
  toml.table("[proxy]");
  toml.set("client_header_timeout", "1s");
  toml.set("client_body_timeout", "1s");
  toml.set("keepalive_timeout", "1s");
  if (dice.chance(0.2)) toml.set("large_client_header_buffers", dice.pick({"2 1k", "4 2k"}));
  if (dice.chance(0.2)) toml.set("client_header_buffer_size", dice.pick({"512", "4k"}));
  if (dice.chance(0.2)) toml.set("client_max_body_size", "4");
  toml.table("[[upstream.app]]");
  toml.number("body", 20);
  const std::string end(dice.pick({"\r\n", "\r\n", "\r\n", "\n"}));
  std::string bytes =
      dice.chance(0.1) ? std::string(dice.pick({"\r\n", "\n", "\r\n\r\n", " "})) : "";
  bytes +=
      (dice.chance(0.5)
           ? odd_request_line(dice)
           : std::string(dice.pick({"GET / HTTP/1.1", "POST / HTTP/1.1", "POST / HTTP/1.0"}))) +
      end;
  if (dice.chance(0.85)) bytes += "Host: localhost" + end;
  for (std::uint64_t i = 0, n = dice.below(3); i < n; ++i)
    bytes += odd_request_header(dice) + end;
  if (dice.chance(0.9)) bytes += end + odd_request_body(dice);
  if (dice.chance(0.2)) bytes[dice.below(bytes.size())] = static_cast<char>(dice.below(256));
  toml.table("[[request]]");
  if (bytes.starts_with("HEAD")) toml.set("method", "HEAD");
  toml.raw("data", fmt::format("'{}'", net::escape(bytes)));
  return toml.text();
}

constexpr std::array<Group, 4> kGroups{{
    {"upload", 10, &upload},
    {"leaving", 4, &leaving},
    {"requests", 8, &requests},
    {"request-bytes", 12, &request_bytes},
}};

}  // namespace

std::span<const Group> request_groups() {
  return kGroups;
}

}  // namespace badgate::harness::fidelity
