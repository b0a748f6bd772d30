// What each timeout measures, and when exactly it strikes.
#include <doctest/doctest.h>

#include "tests/proxy/fixture.h"

using namespace badgate::proxy::test;
using badgate::net::Duration;
using Lines = std::vector<std::string>;

namespace {

const std::string kContext =
    ", client: 127.0.0.1, server: test, request: \"GET / HTTP/1.1\", upstream: "
    "\"http://app[0]/\", host: \"a\"";
const std::string kReadTimeout =
    "[error] *1 upstream timed out (110: Connection timed out) while reading response header from "
    "upstream" +
    kContext;
const std::string kGetAndClose = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

std::string post(std::size_t size) {
  return "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: " +
         std::to_string(size) + "\r\n\r\n";
}

}  // namespace

TEST_CASE("proxy_read_timeout: a server that says nothing, 504 after 60 s") {
  Fixture f;
  f.add_server({{read_head()}});
  const auto client = f.get(kGetAndClose);
  CHECK(client->status() == 504);
  CHECK(seconds(client->last_byte_at()) == 60);
  CHECK(f.errors == Lines{kReadTimeout});
  CHECK(f.access == Lines{"504 us=504 ua=app[0] uc=0.000 uh=- ur=60.000 rt=60.000 bbs=167"});
}

TEST_CASE("proxy_read_timeout bounds the whole head: bytes of it do not begin it anew") {
  Fixture f;
  f.add_server({{read_head(), wait(50s), send("HTTP/1.1 200 OK\r\n"), wait(9s), send("A: b\r\n"),
                 wait(9s), send("\r\n"), close()}});
  const auto client = f.get(kGetAndClose);
  CHECK(client->status() == 504);
  CHECK(seconds(client->last_byte_at()) == 60);
  CHECK(f.errors == Lines{kReadTimeout});
}

TEST_CASE("proxy_read_timeout begins anew with each read of the body") {
  Fixture f;
  f.add_server({{read_head(), send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"), wait(59s),
                 send("a"), wait(59s), send("b"), wait(59s), send("cd"), close()}});
  const auto client = f.get(kGetAndClose);
  CHECK(client->body() == "abcd");
  CHECK(seconds(client->last_byte_at()) == 177);
  CHECK(f.errors.empty());
}

TEST_CASE("a timer that would move by less than 300 ms stays where it is") {
  Fixture f;
  f.add_server({{read_head(), send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"), wait(299ms),
                 send("a")}});
  const auto client = f.get(kGetAndClose);
  CHECK(seconds(client->closed_at()) == 60);
  CHECK(f.errors == Lines{"[error] *1 upstream timed out (110: Connection timed out) while reading "
                          "upstream" +
                          kContext});
}

TEST_CASE("proxy_read_timeout begins when the request has been sent") {
  Fixture f;
  f.add_server({{read_head()}});
  f.start();
  const auto client = f.connect_and_send(post(10));
  f.run_for(30s);
  client->send("0123456789");
  f.run();
  CHECK(client->status() == 504);
  CHECK(seconds(client->last_byte_at()) == 90);
}

TEST_CASE("proxy_connect_timeout: no answer to the SYN") {
  Fixture f;
  // A listener whose queue is full: what comes now is neither accepted nor refused.
  auto full = badgate::net::Listener::open(f.loop(), badgate::net::Address::loopback(),
                                           {.backlog = 0}, [](badgate::net::Connection) {});
  REQUIRE(full.has_value());
  (*full)->pause();
  std::vector<badgate::net::Connection> waiting;
  for (int i = 0; i < 3; ++i)
    waiting.push_back(*badgate::net::Connection::connect(f.loop(), (*full)->address()));
  f.group().servers.push_back({.address = (*full)->address()});
  f.settings.proxy.connect_timeout = 7s;
  const auto client = f.get(kGetAndClose);
  CHECK(client->status() == 504);
  CHECK(seconds(client->last_byte_at()) == 7);
  REQUIRE(f.errors.size() == 1);
  CHECK(
      f.errors[0].starts_with("[error] *1 upstream timed out (110: Connection timed out) while "
                              "connecting to upstream, client: 127.0.0.1, server: test, "
                              "request: \"GET / HTTP/1.1\", upstream: \"http://127.0.0.1:"));
  REQUIRE(f.access.size() == 1);
  CHECK(f.access[0].find(" uc=- uh=- ur=7.000 ") != std::string::npos);
}

TEST_CASE("proxy_send_timeout: a server that does not read") {
  Fixture f;
  f.settings.client_max_body_size = 0;
  f.add_server({{pause_reading()}});
  f.start();
  const auto client = f.connect_and_send(post(20'000'000) + std::string(20'000'000, 'x'));
  f.run();
  CHECK(client->status() == 504);
  CHECK(seconds(client->last_byte_at()) == 60);
  REQUIRE(f.errors.size() == 1);
  CHECK(f.errors[0] ==
        "[error] *1 upstream timed out (110: Connection timed out) while sending request to "
        "upstream, client: 127.0.0.1, server: test, request: \"POST / HTTP/1.1\", upstream: "
        "\"http://app[0]/\", host: \"a\"");
}

TEST_CASE("client timeouts") {
  Fixture f;
  f.add_server({answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")});
  f.start();
  SUBCASE("client_header_timeout without a byte: closed, no access line") {
    const auto client = f.connect();
    f.run();
    CHECK(client->got_fin());
    CHECK(seconds(client->closed_at()) == 60);
    CHECK(f.access.empty());
    CHECK(f.lines == Lines{"[info] *1 client timed out (110: Connection timed out) while waiting "
                           "for request, client: 127.0.0.1, server: PROXY"});
  }
  SUBCASE("client_header_timeout within the head: 408, but only in the log") {
    const auto client = f.connect_and_send("GET / HT");
    f.run();
    CHECK(client->received().empty());
    CHECK(f.access == Lines{"408 us=- ua=- uc=- uh=- ur=- rt=60.000 bbs=0"});
    CHECK(f.lines ==
          Lines{"[info] *1 client timed out (110: Connection timed out) while reading client "
                "request line, client: 127.0.0.1, server: test, request: \"GET / HT\""});
  }
  SUBCASE("client_body_timeout begins anew with each read") {
    const auto client = f.connect_and_send(post(10) + "0");
    f.run_for(50s);
    client->send("1");
    f.run();
    CHECK(client->received().empty());
    CHECK(seconds(client->closed_at()) == 110);
    CHECK(f.access == Lines{"408 us=- ua=- uc=- uh=- ur=- rt=110.000 bbs=0"});
  }
  SUBCASE("keepalive_timeout") {
    const auto client = f.connect_and_send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    f.run();
    CHECK(seconds(client->closed_at()) == 75);
  }
}

TEST_CASE("send_timeout: a client that does not read") {
  Fixture f;
  f.settings.send_timeout = 10s;
  f.add_server({answer("HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n" +
                       std::string(30'000'000, 'x'))});
  f.start();
  const auto client = f.connect();
  client->pause_reading();
  client->send(kGetAndClose);
  f.run();
  CHECK(f.lines.back() ==
        "[info] *1 client timed out (110: Connection timed out) while sending to client" +
            kContext);
  REQUIRE(f.access.size() == 1);
  CHECK(f.access[0].starts_with("200 us=200 "));
  CHECK(f.access[0].find(" rt=10.000 ") != std::string::npos);
}
