#include "fault_backends/body_pattern.h"
#include "tests/fault_backends/kit.h"

using namespace badgate;
using namespace badgate::fault_backends;
using namespace badgate::fault_backends::test;

namespace {

std::string post(std::size_t size) {
  return "POST /upload HTTP/1.1\r\nHost: app\r\nContent-Length: " + std::to_string(size) +
         "\r\n\r\n" + std::string(size, 'u');
}

// When the Nth byte (from 1) had come.
net::Duration arrival(const Client& client, std::size_t byte) {
  std::size_t total = 0;
  for (const auto& [when, size] : client.pieces) {
    total += size;
    if (total >= byte) return when;
  }
  return net::Duration::max();
}

}  // namespace

TEST_CASE("slow: header comes after the delay, in one piece with its body") {
  for (const bool is_unix : {false, true}) {
    World world(is_unix);
    world.fault("slow", "header", {{"delay", "75s"}});
    world.start();
    Client& client = world.client(kGet);
    world.run_until(74999ms);
    CHECK(client.got.empty());
    CHECK(world.counts().executed == 1);
    world.run_until(80s);
    REQUIRE(client.pieces.size() == 1);
    CHECK(client.pieces[0].first == 75s);
    CHECK(body_of(client.got) == pattern(100));
    CHECK(world.receipt_has("waits 1m15s (slow: header)"));
  }
}

TEST_CASE("slow: header with a sigma is another time for each request, the same for a seed") {
  const auto times = [](std::uint64_t seed) {
    World world;
    world.seed = seed;
    world.fault("slow", "header", {{"delay", "10s"}, {"sigma", "0.5"}});
    world.start();
    for (int i = 0; i < 5; ++i)
      world.client(kGet);
    world.run_until(1000s);
    std::vector<net::Duration> all;
    for (const auto& client : world.clients)
      all.push_back(arrival(*client, 1));
    return all;
  };
  const auto first = times(1);
  CHECK(first[0] != first[1]);
  CHECK(first == times(1));
  CHECK(first != times(2));
}

TEST_CASE("slow: header-drip sends the header at its pace and the body at once") {
  World world;
  world.fault("slow", "header-drip", {{"bytes", "10"}, {"every", "2s"}});
  world.start();
  Client& client = world.client(kGet);
  world.run_until(100s);
  const auto head = head_of(client.got).size();
  CHECK(head == 66);
  CHECK(arrival(client, 10) == 0s);
  CHECK(arrival(client, 11) == 2s);
  CHECK(arrival(client, head) == 12s);
  CHECK(arrival(client, head + 100) == 12s);
}

TEST_CASE("slow: header-stall sends so many bytes and nothing more") {
  World world;
  world.fault("slow", "header-stall", {{"at", "17"}});
  world.start();
  Client& client = world.client(kGet);
  world.run_until(1h);
  CHECK(client.got == "HTTP/1.1 200 OK\r\n");
  CHECK(client.end.empty());
  CHECK(world.receipt_has("nothing more after 17 of 66 header bytes"));
  client.close();
  world.run_until(2h);
  CHECK(world.told("connection 1: the peer has closed it"));
}

TEST_CASE("slow: header-stall goes on if it is told when, also within given bytes") {
  World world;
  world.fault("garbage", "bytes", {{"data", "not HTTP at all"}});
  world.fault("slow", "header-stall", {{"at", "3"}, {"delay", "5s"}});
  world.start();
  Client& client = world.client(kGet);
  world.run_until(1h);
  CHECK(client.got == "not HTTP at all");
  CHECK(arrival(client, 3) == 0s);
  CHECK(arrival(client, 4) == 5s);
  CHECK(client.end == "FIN");
}

TEST_CASE("slow: body-drip sends the header at once and the body at its pace") {
  for (const auto framing : {Answer::Framing::length, Answer::Framing::close}) {
    World world;
    world.settings.answer.framing = framing;
    world.fault("slow", "body-drip", {{"bytes", "5"}, {"every", "1s"}, {"at", "50"}});
    world.start();
    Client& client = world.client(kGet);
    world.run_until(100s);
    const auto head = head_of(client.got).size();
    CHECK(arrival(client, head + 55) == 0s);
    CHECK(arrival(client, head + 56) == 1s);
    CHECK(arrival(client, head + 100) == 9s);
    CHECK(body_of(client.got) == pattern(100));
  }
}

TEST_CASE("slow: body-stall stops within the body, and goes on if it is told when") {
  World stalled;
  stalled.fault("slow", "body-stall", {{"at", "30"}});
  stalled.start();
  Client& a = stalled.client(kGet);
  stalled.run_until(1h);
  CHECK(body_of(a.got) == pattern(30));
  CHECK(a.end.empty());
  CHECK(stalled.counts().responses == 0);

  World delayed;
  delayed.fault("slow", "body-stall", {{"at", "30"}, {"delay", "70s"}});
  delayed.start();
  Client& b = delayed.client(kGet);
  delayed.run_until(1h);
  CHECK(body_of(b.got) == pattern(100));
  CHECK(arrival(b, 66 + 31) == 70s);
  CHECK(delayed.counts().responses == 1);
}

TEST_CASE("slow: never-reads leaves the request in the kernel") {
  for (const bool is_unix : {false, true}) {
    World world(is_unix);
    world.fault("slow", "never-reads");
    world.start();
    const std::size_t size = 8 * 1024 * 1024;
    Client& client = world.client(post(size));
    world.run_until(1h);
    CHECK(client.connected);
    CHECK(client.sent < size);
    CHECK(client.got.empty());
    CHECK(client.end.empty());
    CHECK(world.counts().requests == 0);
    CHECK(world.receipt_has("nothing more after 0 request bytes (slow: never-reads)"));
  }
}

TEST_CASE("slow: reads-slowly reads everything, at its rate of virtual time") {
  for (const bool is_unix : {false, true}) {
    for (const auto* buffer : {"4k", "16k", "64k"}) {
      CAPTURE(is_unix);
      CAPTURE(buffer);
      World world(is_unix);
      world.fault("slow", "reads-slowly", {{"rate", "10k"}, {"receive_buffer", buffer}});
      world.start();
      const auto request = post(1024 * 1024);
      Client& client = world.client(request);
      world.run_until(1h);
      REQUIRE(client.pieces.size() == 1);
      // 1 MiB at 1024 bytes each 100 ms, the first of them at once.
      CHECK(client.pieces[0].first > 101s);
      CHECK(client.pieces[0].first < 104s);
      CHECK(world.counts().requests == 1);
    }
  }
}

TEST_CASE("slow: accepts-late leaves a connection waiting in the kernel") {
  World world;
  world.fault("slow", "accepts-late", {{"delay", "30s"}});
  world.start();
  Client& client = world.client(kGet);
  Client& with_it = world.client(kGet);
  world.run_until(29999ms);
  CHECK(client.connected);
  CHECK(world.counts().connections == 0);
  world.run_until(31s);
  CHECK(arrival(client, 1) == 30s);
  CHECK(arrival(with_it, 1) == 30s);
  Client& later = world.client(kGet);
  world.run_until(100s);
  CHECK(arrival(later, 1) == 61s);
}

TEST_CASE("slow: never-accepts connects and does nothing, until it is over") {
  World world;
  world.fault("slow", "never-accepts", {{"between", "10s 40s"}});
  world.start();
  Client& before = world.client(kGet);
  world.run_until(10s);
  Client& client = world.client(kGet);
  world.run_until(100s);
  CHECK(arrival(before, 1) == 0s);
  CHECK(arrival(client, 1) == 40s);
  CHECK(world.receipt_has("accepts nothing any more (slow: never-accepts)"));
}
