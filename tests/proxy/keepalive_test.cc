// Connections that are kept: the clients', and those to the servers.
#include <doctest/doctest.h>

#include "tests/proxy/fixture.h"

using namespace badgate::proxy;
using namespace badgate::proxy::test;

namespace {

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kGetAndClose = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const std::string kPost =
    "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc";
const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++n;
  return n;
}

void keep_upstream(Fixture& f) {
  f.settings.proxy_http_version = "1.1";
  f.group().keepalive = 4;
}

}  // namespace

TEST_CASE("pipelined requests are answered in order") {
  Fixture f;
  auto& app = f.add_server({answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1"),
                            answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2"),
                            answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n3")});
  const auto client = f.get(kGet + kGet + kGetAndClose);
  CHECK(app.connections() == 3);
  CHECK(count(client->received(), "HTTP/1.1 200 OK") == 3);
  const auto one = client->received().find("\r\n\r\n1");
  const auto two = client->received().find("\r\n\r\n2");
  const auto three = client->received().find("\r\n\r\n3");
  CHECK(one < two);
  CHECK(two < three);
  CHECK(f.access.size() == 3);
}

TEST_CASE("what is wrong with a pipelined request line is logged as such") {
  const std::string words = " while reading client pipelined request line, client: 127.0.0.1, ";
  SUBCASE("it is not one") {
    Fixture f;
    f.add_server({answer(kOk)});
    f.get(kGet + "GARBAGE\r\n\r\n");
    REQUIRE(f.lines.size() == 1);
    CHECK(f.lines[0] ==
          "[info] *1 client sent invalid method" + words + "server: test, request: \"GARBAGE\"");
  }
  SUBCASE("it does not end") {
    Fixture f;
    f.add_server({answer(kOk)});
    f.get(kGet + "GET /");
    REQUIRE(f.lines.size() == 1);
    CHECK(f.lines[0].starts_with("[info] *1 client timed out (110: Connection timed out)" + words));
  }
  SUBCASE("only what was pipelined") {
    Fixture f;
    f.settings.log_format = "$pipe $request";
    f.add_server({answer(kOk)});
    f.start();
    const auto client = f.connect_and_send(kGet + kGet);
    f.run_for(1s);
    client->send("GARBAGE\r\n\r\n");
    f.run();
    REQUIRE(f.lines.size() == 1);
    CHECK(
        f.lines[0].starts_with("[info] *1 client sent invalid method while reading client "
                               "request line, "));
    CHECK(f.access ==
          std::vector<std::string>{". GET / HTTP/1.1", "p GET / HTTP/1.1", ". GARBAGE"});
  }
}

TEST_CASE("a thousand pipelined requests") {
  Fixture f;
  f.settings.keepalive_requests = 2000;
  f.add_server({answer(kOk)});
  std::string requests;
  for (int i = 0; i < 1000; ++i)
    requests += kGet;
  const auto client = f.get(requests);
  CHECK(count(client->received(), "HTTP/1.1 200 OK") == 1000);
}

TEST_CASE("keepalive_requests ends a client's connection") {
  Fixture f;
  f.settings.keepalive_requests = 2;
  f.add_server({answer(kOk)});
  f.start();
  const auto client = f.connect_and_send(kGet);
  f.run_for(1s);
  CHECK(client->received().find("Connection: keep-alive") != std::string::npos);
  client->send(kGet);
  f.run_for(1s);
  CHECK(client->received().find("Connection: close") != std::string::npos);
  CHECK(client->got_fin());
}

TEST_CASE("a connection to a server is kept and used again") {
  Fixture f;
  keep_upstream(f);
  auto& app = f.add_server({{read_head(), send(kOk), read_head(), send(kOk)}});
  f.start();
  const auto client = f.connect_and_send(kGet);
  f.run_for(1s);
  client->send(kGet);
  f.run_for(1s);
  CHECK(count(client->received(), "HTTP/1.1 200 OK") == 2);
  CHECK(app.connections() == 1);
  CHECK(app.received(0) ==
        "GET / HTTP/1.1\r\nHost: app\r\n\r\nGET / HTTP/1.1\r\nHost: app\r\n\r\n");
  REQUIRE(f.access.size() == 2);
  CHECK(f.access[1].starts_with("200 us=200 ua=app[0] uc=0.000 "));
}

TEST_CASE("a server that closes while idle is not noticed by anyone") {
  Fixture f;
  keep_upstream(f);
  auto& app = f.add_server({{read_head(), send(kOk), wait(5s), close()}, answer(kOk)});
  f.start();
  const auto client = f.connect_and_send(kGet);
  f.run_for(10s);
  client->send(kGetAndClose);
  f.run();
  CHECK(count(client->received(), "HTTP/1.1 200 OK") == 2);
  CHECK(app.connections() == 2);
  CHECK(f.access[1].starts_with("200 us=200 "));
  CHECK(f.errors.empty());
}

TEST_CASE("a server that closes as the next request comes") {
  Fixture f;
  keep_upstream(f);
  struct Row {
    std::string request;
    bool off;
    std::string told;
  };
  const std::vector<Row> rows{
      {kGetAndClose, false, "200 us=502, 200 ua=app[0], app[0]"},
      {kPost, false, "502 us=502 ua=app[0]"},
      {kGetAndClose, true, "502 us=502 ua=app[0]"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.told);
    Fixture g;
    keep_upstream(g);
    if (row.off) g.settings.proxy.next_upstream = 0;
    g.settings.proxy.next_upstream_tries = 1;  // a kept connection's failure is not counted
    g.add_server({{read_head(), send(kOk), read_head(), close()}, answer(kOk)});
    g.start();
    const auto client = g.connect_and_send(kGet);
    g.run_for(1s);
    client->send(row.request);
    g.run();
    REQUIRE(g.access.size() == 2);
    CHECK(g.access[1].substr(0, g.access[1].find(" uc=")) == row.told);
    REQUIRE(g.errors.size() == 1);
    CHECK(g.errors[0].find("upstream prematurely closed connection while reading response header "
                           "from upstream") != std::string::npos);
  }
}

TEST_CASE("a response that did not end well is not followed by another request") {
  Fixture f;
  keep_upstream(f);
  auto& app = f.add_server({{read_head(), send(kOk + "X")}, answer(kOk)});
  f.start();
  const auto client = f.connect_and_send(kGet);
  f.run_for(1s);
  client->send(kGetAndClose);
  f.run();
  CHECK(app.connections() == 2);
}

TEST_CASE("reload: new requests see the new settings, those under way the old ones") {
  Fixture f;
  f.add_server({{read_head(), wait(40s), send(kOk), close()}, {read_head()}});
  f.start();
  const auto before = f.connect_and_send(kGet);
  f.run_for(1s);
  auto settings = f.settings;
  settings.proxy.read_timeout = 10s;
  REQUIRE(f.proxy().reload(settings).has_value());
  const auto after = f.connect_and_send(kGet);
  f.run();
  CHECK(before->status() == 200);
  CHECK(before->received().find("Connection: close") != std::string::npos);
  CHECK(after->status() == 504);
  CHECK(seconds(after->last_byte_at()) == 11);
}

TEST_CASE("stop: idle connections are closed, requests finish, then it is over") {
  Fixture f;
  f.add_server({answer(kOk), {read_head(), wait(30s), send(kOk), close()}});
  f.start();
  const auto idle = f.connect_and_send(kGet);
  f.run_for(1s);
  const auto busy = f.connect_and_send(kGet);
  f.run_for(1s);
  double done = 0;
  f.proxy().stop([&] { done = seconds(f.loop().now()); });
  f.run();
  CHECK(idle->got_fin());
  CHECK(seconds(idle->closed_at()) == 2);
  CHECK(busy->status() == 200);
  CHECK(done == 31);
}
