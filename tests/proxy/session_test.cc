#include <doctest/doctest.h>

#include "tests/proxy/fixture.h"

using namespace badgate::proxy::test;

TEST_CASE("a response is passed on with nginx's own headers in front") {
  Fixture f;
  f.add_server(
      {answer("HTTP/1.1 200 Fine\r\nServer: x\r\nX-One: 1\r\nContent-Length: 5\r\n"
              "Content-Type: text/plain\r\nX-Two: 2\r\nConnection: keep-alive\r\n"
              "Date: yesterday\r\n\r\nhello")});
  const auto client = f.get();
  CHECK(client->received() ==
        "HTTP/1.1 200 Fine\r\nServer: nginx/1.22.1\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
        "Content-Type: text/plain\r\nContent-Length: 5\r\nConnection: keep-alive\r\n"
        "X-One: 1\r\nX-Two: 2\r\n\r\nhello");
  CHECK(client->got_fin());
  CHECK(seconds(client->closed_at()) == 75);
  CHECK(f.errors.empty());
  REQUIRE(f.access.size() == 1);
  CHECK(f.access[0] == "200 us=200 ua=app[0] uc=0.000 uh=0.000 ur=0.000 rt=0.000 bbs=5");
}

TEST_CASE("the upstream gets an HTTP/1.0 request with its own Host and no hop-by-hop headers") {
  Fixture f;
  auto& app = f.add_server({answer("HTTP/1.0 200 OK\r\n\r\n")});
  f.get(
      "GET /a%20b?c=d HTTP/1.1\r\nHost: www.example.com:81\r\nConnection: close, X\r\nX-A: 1\r\n"
      "TE: trailers\r\nKeep-Alive: 5\r\nUpgrade: websocket\r\nX-B: 2\r\n\r\n");
  CHECK(app.received(0) ==
        "GET /a%20b?c=d HTTP/1.0\r\nHost: app\r\nConnection: close\r\nX-A: 1\r\nX-B: 2\r\n\r\n");
}

TEST_CASE("requests that nginx refuses") {
  struct Row {
    std::string request;
    int status;
  };
  const std::vector<Row> rows{
      {"GARBAGE\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405},
      {"GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(9000, 'b') + "\r\n\r\n", 400},
      {"GET /../.. HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: foo\r\n\r\n", 501},
  };
  for (const auto& row : rows) {
    CAPTURE(row.request.substr(0, 60));
    Fixture f;
    auto& app = f.add_server({answer("HTTP/1.1 200 OK\r\n\r\n")});
    const auto client = f.get(row.request);
    CHECK(client->status() == row.status);
    CHECK(app.connections() == 0);
    REQUIRE(f.access.size() == 1);
    CHECK(f.access[0].starts_with(std::to_string(row.status) + " us=- "));
  }
}

TEST_CASE("an HTTP/0.9 request is answered without a head") {
  Fixture f;
  f.add_server({answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")});
  CHECK(f.get("GET /\r\n")->received() == "hello");
}

TEST_CASE("a request that comes byte by byte") {
  Fixture f;
  auto& app = f.add_server({answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")});
  f.start();
  const auto client = f.connect();
  for (const char c :
       std::string("POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\n"
                   "abc")) {
    client->send(std::string(1, c));
    f.run_for(100ms);
  }
  f.run();
  CHECK(client->body() == "hello");
  CHECK(app.received(0).ends_with("\r\nContent-Length: 3\r\n\r\nabc"));
}

TEST_CASE("hundreds of idle connections are kept, then closed in time") {
  Fixture f;
  f.add_server({answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")});
  f.start();
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 400; ++i)  // as many as the usual limit of descriptors allows
    clients.push_back(f.connect_and_send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  f.run_for(1s);
  for (const auto& client : clients)
    CHECK(client->body() == "hello");
  f.run();
  for (const auto& client : clients)
    CHECK(seconds(client->closed_at()) == 75);
}

TEST_CASE("no other request follows on a connection that was upgraded") {
  for (const bool upgrade : {true, false}) {
    CAPTURE(upgrade);
    Fixture f;
    f.add_server({answer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nraw")});
    const std::string ask = upgrade ? "Connection: Upgrade\r\nUpgrade: x\r\n" : "";
    const auto client = f.get("GET / HTTP/1.1\r\nHost: a\r\n" + ask + "\r\n");
    CHECK(client->body() == "raw");
    CHECK(client->got_fin());
    CHECK(seconds(client->closed_at()) == (upgrade ? 0 : 75));
    REQUIRE(f.access.size() == 1);
    CHECK(f.access[0].starts_with("101 us=101 "));
  }
}
