#include "fault_backends/body_pattern.h"
#include "tests/fault_backends/kit.h"

using namespace badgate;
using namespace badgate::fault_backends;
using namespace badgate::fault_backends::test;
using namespace std::string_literals;

namespace {

using Parameters = std::vector<std::pair<std::string_view, std::string_view>>;

// The healthy answer has a body of four bytes, so that whole responses can be written out here.
const std::string kBody = "body";
const std::string kStatus = "HTTP/1.1 200 OK\r\n";
const std::string kLines = "Content-Type: text/plain\r\nContent-Length: 4\r\n";
const std::string kRest = kLines + "\r\nbody";
const std::string kChunkedLines = "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n";
const std::string kChunks = "\r\n4\r\nbody\r\n0\r\n\r\n";

struct Case {
  std::string_view kind;
  std::string got;
  std::string end;  // empty: the connection stays
  Parameters parameters = {};
  std::string_view method = "GET";
};

const std::vector<Case>& raw() {
  static const std::vector<Case> all = {
      {"tls-alert", "\x15\x03\x03\x00\x02\x02\x46"s, "FIN"},
      {"ssh-banner", "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", "FIN"},
      {"ssh-banner", "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", "RST", {{"then", "reset"}}},
      {"ssh-banner", "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", "", {{"then", "stall"}}},
      {"bytes",
       "HTTP/1.1 \0\xff\\ \t\r\n"s,
       "RST",
       {{"data", R"(HTTP/1.1 \x00\xFf\\ \t\r\n)"}, {"then", "reset"}}},
      {"smtp", "220 mail.example.com ESMTP Postfix\r\n", "FIN"},
      {"mysql", "\x0e\0\0\0\n8.0.36\0\b\0\0\0"s, "FIN"},
      {"http2-preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "FIN"},
      {"http2-settings", "\0\0\0\x04\0\0\0\0\0"s, "FIN"},
  };
  return all;
}

const std::vector<Case>& status_lines() {
  static const std::vector<Case> all = {
      {"http2-status-line", "HTTP/2 200\r\n" + kRest, "FIN"},
      {"status-lower-case", "http/1.1 200 OK\r\n" + kRest, "FIN"},
      {"status-two-digits", "HTTP/1.1 20 OK\r\n" + kRest, "FIN"},
      {"status-four-digits", "HTTP/1.1 2000 OK\r\n" + kRest, "FIN"},
      {"status-not-a-number", "HTTP/1.1 2x0 OK\r\n" + kRest, "FIN"},
      {"status-tab", "HTTP/1.1\t200 OK\r\n" + kRest, "FIN"},
      {"status-leading-space", " " + kStatus + kRest, "FIN"},
      {"status-leading-crlf", "\r\n" + kStatus + kRest, "FIN"},
      {"status-000", "HTTP/1.1 000 Zero\r\n" + kRest, ""},
      {"status-099", "HTTP/1.1 099 Low\r\n" + kRest, ""},
      {"status-600", "HTTP/1.1 600 High\r\n" + kRest, ""},
      {"status-999", "HTTP/1.1 999 Highest\r\n" + kRest, ""},
      {"status-version-3", "HTTP/3.0 200 OK\r\n" + kRest, ""},
      {"status-version-11", "HTTP/11.1 200 OK\r\n" + kRest, ""},
      {"status-no-reason", "HTTP/1.1 200\r\n" + kRest, ""},
      {"bare-lf", "HTTP/1.1 200 OK\nContent-Type: text/plain\nContent-Length: 4\n\nbody", ""},
  };
  return all;
}

std::string first(const std::string& line) {
  return kStatus + line + "\r\n" + kRest;
}

std::string last(const std::string& line) {
  return kStatus + kLines + line + "\r\n\r\nbody";
}

const std::vector<Case>& header_lines() {
  static const std::vector<Case> all = {
      {"header-no-colon", first("garbage"), ""},
      {"header-space-in-name", first("Bad Name: value"), ""},
      {"header-space-before-colon", first("Bad-Name : value"), ""},
      {"header-tab-in-name", first("Bad\tName: value"), ""},
      {"header-nul-in-name", first("Bad\0Name: value"s), ""},
      {"header-control-in-name", first("Bad\x01Name: value"), ""},
      {"header-empty-name", first(": value"), ""},
      {"header-folded", first(" folded: value"), ""},
      {"header-nul", last("X-Bad: va\0lue"s), ""},
      {"header-bare-cr", last("X-Bad: va\rlue"), ""},
      {"header-control", last("X-Bad: va\x01lue"), ""},
      {"header-not-ascii", last("X-Bad: v\xe4l\xfc\x65"), ""},
      {"header-duplicate", last("Server: first\r\nServer: second"), ""},
      {"header-duplicate", last("ETag: first\r\nETag: second"), "", {{"name", "ETag"}}},
  };
  return all;
}

std::string with_length(const std::string& lines) {
  return kStatus + "Content-Type: text/plain\r\n" + lines + "\r\nbody";
}

std::string with_encoding(const std::string& lines) {
  return kStatus + "Content-Type: text/plain\r\n" + lines + kChunks;
}

const std::vector<Case>& lengths() {
  static const std::vector<Case> all = {
      {"length-too-long", with_length("Content-Length: 54\r\n"), "FIN"},
      {"length-too-long",
       with_length("Content-Length: 5\r\n"),
       "",
       {{"by", "1"}, {"then", "stall"}}},
      {"length-too-short", with_length("Content-Length: 1\r\n"), "", {{"by", "3"}}},
      {"length-bad", with_length("Content-Length: abc\r\n"), "FIN"},
      {"length-negative", with_length("Content-Length: -1\r\n"), "FIN"},
      {"length-empty", with_length("Content-Length: \r\n"), "FIN"},
      {"length-huge", with_length("Content-Length: 99999999999999999999\r\n"), "FIN"},
      {"length-duplicate", with_length("Content-Length: 4\r\nContent-Length: 4\r\n"), ""},
      {"length-differing", with_length("Content-Length: 4\r\nContent-Length: 5\r\n"), ""},
      {"length-and-chunked", with_encoding("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n"),
       ""},
      {"encoding-unknown", with_encoding("Transfer-Encoding: gzip, chunked\r\n"), "FIN"},
      {"encoding-identity", with_encoding("Transfer-Encoding: identity\r\n"), "FIN"},
      {"encoding-duplicate",
       with_encoding("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), ""},
  };
  return all;
}

std::string chunked(const std::string& body) {
  return kStatus + kChunkedLines + "\r\n" + body;
}

const std::vector<Case>& chunks() {
  static const std::vector<Case> all = {
      {"chunk-bad", chunked("zz\r\nbody\r\n0\r\n\r\n"), "FIN"},
      {"chunk-bad", chunked("4\r\nbody\r\n0\r\n\r\n"), "FIN", {{"number", "2"}}},
      {"chunk-negative", chunked("-1\r\nbody\r\n0\r\n\r\n"), "FIN"},
      {"chunk-huge", chunked("ffffffffffffffffff\r\nbody\r\n0\r\n\r\n"), "FIN"},
      {"chunk-truncated", chunked("fffff\r\nbody\r\n0\r\n\r\n"), "FIN"},
      {"chunk-too-small", chunked("1\r\nbody\r\n0\r\n\r\n"), "FIN"},
      {"chunk-no-last", chunked("4\r\nbody\r\n"), "FIN"},
      {"chunk-no-last", chunked("4\r\nbody\r\n"), "", {{"then", "stall"}}},
  };
  return all;
}

const std::vector<Case>& others() {
  static const std::vector<Case> all = {
      {"interim-100", "HTTP/1.1 100 Continue\r\n\r\n" + kStatus + kRest, ""},
      {"interim-103",
       "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" + kStatus + kRest, ""},
      {"switching-101",
       "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", ""},
      {"body-with-204", "HTTP/1.1 204 No Content\r\n" + kRest, ""},
      {"body-with-304", "HTTP/1.1 304 Not Modified\r\n" + kRest, ""},
      {"body-with-head", kStatus + kRest, "", {}, "HEAD"},
      {"extra-after-length", kStatus + kRest + "!!!!!!!!!!", ""},
      {"extra-after-chunked", chunked("4\r\nbody\r\n0\r\n\r\n!!!"), "", {{"size", "3"}}},
  };
  return all;
}

}  // namespace

TEST_CASE("garbage: every byte, and what comes after the last") {
  for (const auto* group :
       {&raw(), &status_lines(), &header_lines(), &lengths(), &chunks(), &others()}) {
    for (const auto& c : *group) {
      for (const bool is_unix : {false, true}) {
        CAPTURE(c.kind);
        CAPTURE(is_unix);
        World world(is_unix);
        world.settings.answer.body = kBody;
        world.fault("garbage", c.kind, c.parameters);
        world.start();
        Client& client = world.client(std::string(c.method) + " / HTTP/1.1\r\nHost: app\r\n\r\n");
        world.run_until(1h);
        CHECK(client.end == c.end);
        CHECK(client.got == c.got);
        CHECK(world.counts().executed == 1);
      }
    }
  }
}

TEST_CASE("garbage: random bytes are the seed's") {
  const auto bytes = [](std::uint64_t seed) {
    World world;
    world.seed = seed;
    world.fault("garbage", "random", {{"size", "200"}});
    world.start();
    Client& client = world.client(kGet);
    world.run_until(1s);
    CHECK(client.end == "FIN");
    return client.got;
  };
  CHECK(bytes(1).size() == 200);
  CHECK(bytes(1) == bytes(1));
  CHECK(bytes(1) != bytes(2));
}

TEST_CASE("garbage: header-too-big has exactly the size that is asked for") {
  for (const std::size_t size : {4095U, 4096U, 4097U, 65536U}) {
    World world;
    world.fault("garbage", "header-too-big", {{"size", std::to_string(size)}});
    world.start();
    Client& client = world.client(kGet);
    world.run_until(1s);
    CHECK(head_of(client.got).size() == size);
    CHECK(body_of(client.got) == pattern(100));
    CHECK(client.end.empty());
  }
}

TEST_CASE("garbage: a chunk in the middle") {
  World world;
  world.settings.answer.body = "abcdef";
  world.settings.answer.chunk_bytes = 2;
  world.fault("garbage", "chunk-bad", {{"number", "2"}, {"then", "reset"}});
  world.start();
  Client& client = world.client(kGet);
  world.run_until(1s);
  CHECK(client.got == chunked("2\r\nab\r\nzz\r\ncd\r\n2\r\nef\r\n0\r\n\r\n"));
  CHECK(client.end == "RST");
  CHECK(world.receipt_has("RST sent after the response (garbage: chunk-bad)"));
}
