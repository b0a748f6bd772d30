#include "tests/fault_backends/kit.h"

using namespace badgate;
using namespace badgate::fault_backends;
using namespace badgate::fault_backends::test;

namespace {

const std::string kUpgrade =
    "GET /chat HTTP/1.1\r\nHost: app\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

}  // namespace

TEST_CASE("websocket: echo switches and sends back what it gets, what came early included") {
  World world;
  world.fault("websocket", "echo");
  world.start();
  Client& client = world.client(kUpgrade + "early");
  world.run_until(1s);
  client.send(" and late");
  world.run_until(2s);
  CHECK(client.got.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
  CHECK(body_of(client.got) == "early and late");
  CHECK(client.end.empty());
  CHECK(world.counts().responses == 1);
}

TEST_CASE("websocket: echo refuses a request that does not ask, unasked does not") {
  for (const auto* kind : {"echo", "unasked"}) {
    World world;
    world.fault("websocket", kind);
    world.start();
    Client& client = world.client(kGet);
    world.run_until(1s);
    CAPTURE(client.got);
    const bool asks = std::string_view(kind) == "echo";
    CHECK(client.got.starts_with(asks ? "HTTP/1.1 426" : "HTTP/1.1 101 "));
  }
}

TEST_CASE("websocket: every is how often it speaks by itself") {
  World world;
  world.fault("websocket", "echo", {{"every", "10s"}});
  world.start();
  Client& client = world.client(kUpgrade);
  world.run_until(35s);
  CHECK(body_of(client.got) == "pingpingping");
}

TEST_CASE("websocket: silent says nothing, and leaves when the client does") {
  World world;
  world.fault("websocket", "silent");
  world.start();
  Client& client = world.client(kUpgrade + "hello");
  world.run_until(100s);
  CHECK(body_of(client.got).empty());
  CHECK(client.end.empty());
  client.half_close();
  world.run_until(101s);
  CHECK(client.end == "FIN");
}

TEST_CASE("websocket: ends closes the tunnel, or resets it") {
  for (const auto* how : {"FIN", "RST"}) {
    World world;
    world.fault("websocket", "ends", {{"delay", "5s"}, {"how", how}});
    world.start();
    Client& client = world.client(kUpgrade);
    world.run_until(4s);
    CHECK(client.end.empty());
    world.run_until(6s);
    CHECK(client.end == how);
    CHECK(world.receipt_has(std::string(how) + " sent in the tunnel"));
  }
}
