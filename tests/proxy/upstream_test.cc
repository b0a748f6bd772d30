// What servers do before the response head is complete, and what becomes of it.
#include <doctest/doctest.h>

#include "tests/proxy/fixture.h"

using namespace badgate::proxy::test;
using Lines = std::vector<std::string>;

namespace {

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const std::string kContext =
    ", client: 127.0.0.1, server: test, request: \"GET / HTTP/1.1\", upstream: "
    "\"http://app[0]/\", host: \"a\"";
const std::string kReadingHeader = " while reading response header from upstream" + kContext;

}  // namespace

TEST_CASE("a refused connection") {
  Fixture f;
  f.add_refusing_server();
  const auto client = f.get(kGet);
  CHECK(client->status() == 502);
  CHECK(client->received().find("<center><h1>502 Bad Gateway</h1></center>") != std::string::npos);
  CHECK(f.errors ==
        Lines{"[error] *1 connect() failed (111: Connection refused) while connecting to "
              "upstream" +
              kContext});
  CHECK(f.access == Lines{"502 us=502 ua=app[0] uc=- uh=- ur=0.000 rt=0.000 bbs=157"});
}

TEST_CASE("a missing unix socket fails at once, at level crit") {
  Fixture f;
  f.group().servers.push_back({.address = *badgate::net::Address::parse("unix:/nowhere/app.sock")});
  const auto client = f.get(kGet);
  CHECK(client->status() == 502);
  CHECK(f.errors == Lines{"[crit] *1 connect() to unix:/nowhere/app.sock failed (2: No such file "
                          "or directory) while connecting to upstream, client: 127.0.0.1, server: "
                          "test, request: \"GET / HTTP/1.1\", upstream: "
                          "\"http://unix:/nowhere/app.sock:/\", host: \"a\""});
  CHECK(f.access == Lines{"502 us=502 ua=unix:/nowhere/app.sock uc=- uh=- ur=0.000 rt=0.000 "
                          "bbs=157"});
}

TEST_CASE("connections that end before the head is complete") {
  struct Row {
    const char* what;
    Script script;
    std::string message;
  };
  const std::vector<Row> rows{
      {"FIN without a byte", {read_head(), close()}, "upstream prematurely closed connection"},
      {"RST without a byte",
       {read_head(), reset()},
       "recv() failed (104: Connection reset by peer)"},
      {"FIN within the head",
       {read_head(), send("HTTP/1.1 200 OK\r\nA: "), close()},
       "upstream prematurely closed connection"},
      {"RST within the head",
       {read_head(), send("HTTP/1.1 200 OK\r\nA: "), wait(1s), reset()},
       "recv() failed (104: Connection reset by peer)"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Fixture f;
    f.add_server({row.script});
    CHECK(f.get(kGet)->status() == 502);
    CHECK(f.errors == Lines{"[error] *1 " + row.message + kReadingHeader});
    REQUIRE(f.access.size() == 1);
    CHECK(f.access[0].starts_with("502 us=502 ua=app[0] uc=0.000 uh=- "));
  }
}

TEST_CASE("the size of the head and proxy_buffer_size") {
  const auto head_of = [](std::size_t size) {
    std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: ";
    head.resize(size - 4, 'a');
    return head + "\r\n\r\n";
  };
  SUBCASE("one byte less: fine") {
    Fixture f;
    f.add_server({answer(head_of(4095) + "hello")});
    CHECK(f.get(kGet)->body() == "hello");
    CHECK(f.errors.empty());
  }
  SUBCASE("exactly: 200 with an empty body") {
    Fixture f;
    f.add_server({answer(head_of(4096) + "hello")});
    const auto client = f.get(kGet);
    CHECK(client->status() == 200);
    CHECK(client->body().empty());
    CHECK(f.errors == Lines{"[error] *1 upstream prematurely closed connection while reading "
                            "upstream" +
                            kContext});
  }
  SUBCASE("one byte more: 502") {
    Fixture f;
    f.add_server({answer(head_of(4097) + "hello")});
    CHECK(f.get(kGet)->status() == 502);
    CHECK(f.errors == Lines{"[error] *1 upstream sent too big header" + kReadingHeader});
  }
}

TEST_CASE("what is no status line is passed on raw, as in HTTP/0.9") {
  Fixture f;
  f.add_server({answer("SSH-2.0-OpenSSH_9.2\r\n")});
  const auto client = f.get(kGet);
  CHECK(client->received() == "SSH-2.0-OpenSSH_9.2\r\n");
  CHECK(f.errors == Lines{"[error] *1 upstream sent no valid HTTP/1.0 header" + kReadingHeader});
  CHECK(f.access == Lines{"009 us=200 ua=app[0] uc=0.000 uh=0.000 ur=0.000 rt=0.000 bbs=21"});
}

TEST_CASE("raw bytes that began like a status line are all passed on") {
  for (const bool buffered : {true, false}) {
    CAPTURE(buffered);
    Fixture f;
    f.settings.proxy.buffering = buffered;
    f.add_server({{read_head(), send("H"), wait(1s), send("ELLO"), wait(1s), send("!"), close()}});
    CHECK(f.get(kGet)->received() == "HELLO!");
  }
}

TEST_CASE("raw bytes after early hints are passed on without the hints' head") {
  const std::string hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
  const std::vector<Script> scripts{
      answer(hints + "HELLO"),
      {read_head(), send(hints), wait(1s), send("H"), wait(1s), send("ELLO"), close()},
      {read_head(), send(hints + "H"), wait(1s), send("ELLO"), close()},
  };
  for (const auto& script : scripts) {
    Fixture f;
    f.settings.nginx_version = "1.29.0";
    f.add_server({script});
    CHECK(f.get(kGet)->received() == "HELLO");
  }
}

TEST_CASE("the status of early hints is not the attempt's") {
  Fixture f;
  f.settings.nginx_version = "1.29.0";
  f.add_server(
      {{read_head(), send("HTTP/1.1 103 Early Hints\r\nLi"), wait(1s),
        send("nk: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), close()}});
  CHECK(f.get(kGet)->body() == "hello");
  REQUIRE(f.access.size() == 1);
  CHECK(f.access[0].starts_with("200 us=200 "));
}

TEST_CASE("a bad header line is 502 and counts against the server, but is not retried") {
  Fixture f;
  f.add_server({answer("HTTP/1.1 200 OK\r\nA B: c\r\n\r\n")});
  f.add_server({answer("HTTP/1.1 200 OK\r\n\r\n")});
  CHECK(f.get(kGet)->status() == 502);
  CHECK(f.lines == Lines{"[error] *1 upstream sent invalid header: \"A\\x20...\"" + kReadingHeader,
                         "[warn] *1 upstream server temporarily disabled" + kReadingHeader});
}

TEST_CASE("framing headers that contradict each other: 502 since 1.23") {
  for (const char* version : {"1.22.1", "1.28.0"}) {
    CAPTURE(version);
    Fixture f;
    f.settings.nginx_version = version;
    f.add_server(
        {answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n"
                "\r\n5\r\nhello\r\n0\r\n\r\n")});
    const bool strict = std::string(version) != "1.22.1";
    CHECK(f.get(kGet)->status() == (strict ? 502 : 200));
    CHECK(f.errors.size() == (strict ? 1 : 0));
  }
}

TEST_CASE("Location and Refresh that name the upstream are rewritten") {
  Fixture f;
  f.add_server(
      {answer("HTTP/1.1 302 Found\r\nLocation: http://app/x\r\nRefresh: 0; "
              "url=http://app/y\r\nContent-Length: 0\r\n\r\n")});
  const auto client = f.get("GET / HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n\r\n");
  const auto port = std::to_string(f.proxy().addresses().front().port());
  CHECK(client->received().find("\r\nLocation: http://www.example.com:" + port + "/x\r\n") !=
        std::string::npos);
  CHECK(client->received().find("\r\nRefresh: 0; url=/y\r\n") != std::string::npos);
}

TEST_CASE("proxy_pass with a URI replaces the location") {
  Fixture f;
  f.settings.proxy_pass = "http://app/base/";
  auto& app = f.add_server({answer("HTTP/1.1 200 OK\r\n\r\n")});
  f.get("GET /a%20b/../c?d HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  CHECK(app.received(0).starts_with("GET /base/c?d HTTP/1.0\r\n"));
}

TEST_CASE("events tell statuses as the access log does") {
  struct Row {
    std::string response;
    std::string status;
  };
  const std::vector<Row> rows{
      {"HELLO", "009"},
      {"HTTP/1.1 001 x\r\n\r\n", "001"},
      {"HTTP/1.1 404 x\r\n\r\n", "404"},
  };
  using Kind = badgate::proxy::Event::Kind;
  for (const auto& row : rows) {
    CAPTURE(row.response);
    Fixture f;
    f.add_server({answer(row.response)});
    f.get(kGet);
    Lines told;
    for (const auto& event : f.events) {
      if (event.kind == Kind::upstream_header || event.kind == Kind::response_finished) {
        told.push_back(event.detail);
      }
    }
    CHECK(told == Lines{row.status, row.status});
    REQUIRE(f.access.size() == 1);
    CHECK(f.access[0].starts_with(row.status + " "));
  }
}

TEST_CASE("events tell each step with what the socket saw") {
  Fixture f;
  f.add_server({{read_head(), reset()}});
  f.get(kGet);
  using Kind = badgate::proxy::Event::Kind;
  std::vector<Kind> kinds;
  for (const auto& event : f.events) {
    kinds.push_back(event.kind);
    if (event.kind == Kind::upstream_failed) {
      CHECK(event.detail == "error: 104 Connection reset by peer");
    }
    if (event.kind == Kind::request_received) CHECK(event.detail == "GET / HTTP/1.1");
  }
  CHECK(kinds == std::vector<Kind>{Kind::client_accepted, Kind::request_received,
                                   Kind::upstream_connect, Kind::upstream_connected,
                                   Kind::upstream_sent, Kind::upstream_failed,
                                   Kind::response_finished});
}
