// Clients that leave, and what nginx makes of it.
#include <doctest/doctest.h>

#include "tests/proxy/fixture.h"

using namespace badgate::proxy::test;
using Lines = std::vector<std::string>;

namespace {

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kContext =
    ", client: 127.0.0.1, server: test, request: \"GET / HTTP/1.1\", upstream: "
    "\"http://app[0]/\", host: \"a\"";
const std::string kGone =
    "[info] *1 epoll_wait() reported that client prematurely closed connection, so upstream "
    "connection is closed too";

}  // namespace

TEST_CASE("a client leaves while the server is silent: 499, and the server sees it") {
  Fixture f;
  auto& app = f.add_server({{read_head()}});
  f.start();
  const auto client = f.connect_and_send(kGet);
  f.run_for(10s);
  std::string suffix;
  SUBCASE("FIN") {
    client->close();
  }
  SUBCASE("RST") {
    client->reset();
    suffix = " (104: Connection reset by peer)";
  }
  f.run();
  CHECK(f.lines == Lines{kGone + suffix + " while sending request to upstream" + kContext});
  CHECK(f.access == Lines{"499 us=- ua=app[0] uc=0.000 uh=- ur=10.000 rt=10.000 bbs=0"});
  CHECK(app.closed(0));
}

TEST_CASE("a client leaves although it has sent more, which hides its FIN") {
  Fixture f;
  f.add_server({{read_head()}});
  f.start();
  const auto client = f.connect_and_send(kGet);
  f.run_for(5s);
  client->send(kGet);
  f.run_for(5s);
  client->close();
  f.run();
  REQUIRE(f.access.size() == 1);
  CHECK(f.access[0].starts_with("499 us=- "));
  CHECK(f.access[0].find(" rt=10.000 ") != std::string::npos);
}

TEST_CASE("a client leaves in the midst of the body") {
  Fixture f;
  f.add_server({{read_head(), send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")}});
  f.start();
  const auto client = f.connect_and_send(kGet);
  f.run_for(10s);
  SUBCASE("buffered: nothing has been sent yet, so 499") {
    client->close();
    f.run();
    CHECK(f.lines == Lines{kGone + " while reading upstream" + kContext});
    CHECK(f.access == Lines{"499 us=200 ua=app[0] uc=0.000 uh=0.000 ur=10.000 rt=10.000 bbs=0"});
  }
}

TEST_CASE("a client leaves after a part of the response: the log says 200") {
  Fixture f;
  f.settings.proxy.buffering = false;
  f.add_server({{read_head(), send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")}});
  f.start();
  const auto client = f.connect_and_send(kGet);
  f.run_for(10s);
  client->close();
  f.run();
  CHECK(f.access == Lines{"200 us=200 ua=app[0] uc=0.000 uh=0.000 ur=10.000 rt=10.000 bbs=3"});
}

TEST_CASE("proxy_ignore_client_abort: the server's work is not broken off") {
  Fixture f;
  f.settings.proxy.ignore_client_abort = true;
  auto& app = f.add_server(
      {{read_head(), wait(20s), send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), close()}});
  f.start();
  const auto client = f.connect_and_send(kGet);
  f.run_for(10s);
  client->close();
  f.run();
  CHECK(app.closed(0) == false);
  REQUIRE(f.access.size() == 1);
  CHECK(f.access[0].starts_with("200 us=200 ua=app[0] uc=0.000 uh=20.000 "));
}

TEST_CASE("a client leaves while it sends its request") {
  Fixture f;
  auto& app = f.add_server({{read_head()}});
  f.start();
  SUBCASE("in the body: 400 in the log") {
    const auto client =
        f.connect_and_send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123");
    f.run_for(1s);
    client->close();
    f.run();
    CHECK(f.lines == Lines{"[info] *1 client prematurely closed connection, client: 127.0.0.1, "
                           "server: test, request: \"POST / HTTP/1.1\", host: \"a\""});
    CHECK(f.access == Lines{"400 us=- ua=- uc=- uh=- ur=- rt=1.000 bbs=0"});
  }
  SUBCASE("in the head") {
    const auto client = f.connect_and_send("GET / HTTP/1.1\r\nHo");
    f.run_for(1s);
    client->close();
    f.run();
    CHECK(f.lines == Lines{"[info] *1 client prematurely closed connection while reading client "
                           "request headers, client: 127.0.0.1, server: test, request: \"GET / "
                           "HTTP/1.1\""});
    CHECK(f.access == Lines{"400 us=- ua=- uc=- uh=- ur=- rt=1.000 bbs=0"});
  }
  SUBCASE("before it: nothing but a line") {
    const auto client = f.connect();
    f.run_for(1s);
    client->close();
    f.run();
    CHECK(f.lines == Lines{"[info] *1 client closed connection while waiting for request, client: "
                           "127.0.0.1, server: PROXY"});
    CHECK(f.access.empty());
  }
  CHECK(app.connections() == 0);
}

TEST_CASE("a kept connection that the client closes") {
  Fixture f;
  f.add_server({answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")});
  f.start();
  const auto client = f.connect_and_send(kGet);
  f.run_for(1s);
  client->close();
  f.run();
  CHECK(f.lines == Lines{"[info] *1 client 127.0.0.1 closed keepalive connection"});
}

TEST_CASE("lingering close: the client is heard out for 5 s after a POST that ends") {
  Fixture f;
  f.add_server({answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")});
  f.start();
  const auto client = f.connect_and_send(
      "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc");
  f.run_for(1s);
  CHECK(client->got_fin());
  CHECK(seconds(client->closed_at()) == 0);
  f.run();
  REQUIRE(f.access.size() == 1);
}
