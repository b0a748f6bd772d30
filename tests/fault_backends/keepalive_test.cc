#include "fault_backends/body_pattern.h"
#include "tests/fault_backends/kit.h"

using namespace badgate;
using namespace badgate::fault_backends;
using namespace badgate::fault_backends::test;

TEST_CASE("keepalive: idle-timeout closes what is idle, not what is new or busy") {
  for (const auto* how : {"FIN", "RST"}) {
    World world;
    world.settings.answer.service_time = 8s;
    world.fault("keepalive", "idle-timeout", {{"timeout", "5s"}, {"how", how}});
    world.start();
    Client& fresh = world.client();
    Client& client = world.client(kGet);
    world.run_until(12s);
    CHECK(body_of(client.got) == pattern(100));
    client.send(kGet);
    world.run_until(60s);
    CHECK(client.end == how);
    CHECK(client.ended == 25s);  // idle from 20 s on: the second request restarted the count
    CHECK(fresh.end.empty());
    CHECK(world.receipt_has("sent while idle (keepalive: idle-timeout)"));
  }
}

TEST_CASE("keepalive_timeout of the settings does the same") {
  World world;
  world.settings.keepalive_timeout = 5s;
  world.start();
  Client& client = world.client(kGet);
  world.run_until(60s);
  CHECK(client.end == "FIN");
  CHECK(client.ended == 5s);
}

TEST_CASE("keepalive: race closes in the moment the next request arrives") {
  for (const bool is_unix : {false, true}) {
    for (const auto* how : {"FIN", "RST"}) {
      CAPTURE(is_unix);
      CAPTURE(how);
      World world(is_unix);
      world.fault("keepalive", "race", {{"how", how}});
      world.start();
      Client& client = world.client(kGet);
      world.run_until(10s);
      CHECK(body_of(client.got) == pattern(100));
      CHECK(client.end.empty());
      client.got.clear();
      client.send(kGet);
      world.run_until(20s);
      CHECK(client.got.empty());
      CHECK(client.end == how);
      CHECK(client.ended == 10s);
      CHECK(world.counts().requests == 1);
      CHECK(world.counts().executed == 1);
    }
  }
}

TEST_CASE("keepalive: silently-dropped answers nothing on a connection that was idle for long") {
  World world;
  world.fault("keepalive", "silently-dropped", {{"timeout", "350s"}});
  world.start();
  Client& busy = world.client(kGet);
  Client& idle = world.client(kGet);
  world.run_until(300s);
  busy.got.clear();
  busy.send(kGet);
  world.run_until(400s);
  CHECK(body_of(busy.got) == pattern(100));
  idle.got.clear();
  idle.send(kGet);
  world.run_until(1h);
  CHECK(idle.got.empty());
  CHECK(idle.end.empty());
  CHECK(world.counts().executed == 3);
  CHECK(world.receipt_has("connection 2: nothing more while idle (keepalive: silently-dropped)"));
}

TEST_CASE("keepalive: unannounced closes behind a response that did not say so") {
  World world;
  world.fault("keepalive", "unannounced");
  world.start();
  Client& client = world.client(kGet);
  world.run_until(1s);
  CHECK(body_of(client.got) == pattern(100));
  CHECK(client.got.find("Connection:") == std::string::npos);
  CHECK(client.end == "FIN");
  CHECK(world.counts().responses == 1);
}

TEST_CASE("keepalive: idle-408 says good-bye on an idle connection") {
  World world;
  world.fault("keepalive", "idle-408", {{"timeout", "5s"}});
  world.start();
  Client& client = world.client(kGet);
  world.run_until(4s);
  client.got.clear();
  world.run_until(60s);
  CHECK(client.got.starts_with("HTTP/1.1 408 Request Timeout\r\n"));
  CHECK(client.end == "FIN");
  CHECK(client.ended == 5s);
  CHECK(world.counts().responses == 1);
}
