#include "fault_backends/body_pattern.h"
#include "tests/fault_backends/kit.h"

using namespace badgate;
using namespace badgate::fault_backends;
using namespace badgate::fault_backends::test;

TEST_CASE("overload: workers work on so many at a time, the others wait in order or are refused") {
  World world;
  world.fault("overload", "workers", {{"workers", "2"}, {"queue", "3"}, {"service_time", "10s"}});
  world.start();
  for (int i = 0; i < 6; ++i)
    world.client(kGet);
  world.run_until(100s);
  const net::Duration when[] = {10s, 10s, 20s, 20s, 30s};
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(body_of(world.clients[i]->got) == pattern(100));
    CHECK(world.clients[i]->pieces.at(0).first == when[i]);
  }
  CHECK(world.clients[5]->got.starts_with("HTTP/1.1 503 "));
  CHECK(world.clients[5]->pieces.at(0).first == 0s);
  CHECK(world.counts().requests == 6);
  CHECK(world.counts().executed == 5);
  CHECK(world.counts().responses == 6);
  CHECK(world.receipt_has("request 6 is turned away: 2 workers are busy and 3 requests wait"));
}

TEST_CASE("workers of the settings, and a connection that is closed when the queue is full") {
  World world;
  world.settings.workers = {.count = 1, .queue = 0, .overflow_status = 0};
  world.settings.answer.service_time = 10s;
  world.start();
  Client& first = world.client(kGet);
  Client& second = world.client(kGet);
  world.run_until(100s);
  CHECK(body_of(first.got) == pattern(100));
  CHECK(second.got.empty());
  CHECK(second.end == "FIN");
}

TEST_CASE("a request whose client has left keeps its worker until it is done") {
  World world;
  world.settings.workers = {.count = 1};
  world.settings.answer.service_time = 10s;
  world.start();
  Client& gone = world.client(kGet);
  Client& waiting = world.client(kGet);
  world.run_until(2s);
  gone.close();
  world.run_until(100s);
  CHECK(waiting.pieces.at(0).first == 20s);
  CHECK(world.counts().executed == 2);
  CHECK(world.counts().responses == 1);
}

TEST_CASE("overload: out-of-memory kills the process at the request too many") {
  World world;
  world.fault("overload", "out-of-memory",
              {{"memory_per_request", "100m"},
               {"memory_limit", "350m"},
               {"service_time", "10s"},
               {"restart_after", "5s"}});
  world.start();
  for (int i = 0; i < 3; ++i)
    world.client(kGet);
  world.run_until(1s);
  CHECK(world.clients[0]->end.empty());
  world.client(kGet);
  world.run_until(2s);
  for (const auto& client : world.clients) {
    CHECK(client->end == "FIN");
    CHECK(client->got.empty());
    CHECK(client->ended == 1s);
  }
  CHECK(world.receipt_has(
      "process gone (out of memory at request 4: 4 requests of 104857600 bytes, limit 367001600)"));
  CHECK(world.counts().executed == 3);
  Client& refused = world.client(kGet);
  world.run_until(7s);
  CHECK(refused.connect_error == ECONNREFUSED);
  Client& back = world.client(kGet);
  world.run_until(20s);
  CHECK(body_of(back.got) == pattern(100));
}

TEST_CASE("service times are lognormal from the seed") {
  World world;
  world.settings.answer.service_time = 1s;
  world.settings.answer.service_sigma = 0.7;
  world.start();
  for (int i = 0; i < 301; ++i)
    world.client(kGet);
  world.run_until(1000s);
  std::vector<net::Duration> times;
  for (const auto& client : world.clients)
    times.push_back(client->pieces.at(0).first);
  std::sort(times.begin(), times.end());
  CHECK(times[150] > 850ms);
  CHECK(times[150] < 1150ms);
  CHECK(times[297] > 3s);  // the 99th percentile of sigma 0.7 is 5.1 s
}
