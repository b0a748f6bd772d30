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
