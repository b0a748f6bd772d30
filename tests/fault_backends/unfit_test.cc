#include "tests/fault_backends/kit.h"

using namespace badgate;
using namespace badgate::fault_backends;
using namespace badgate::fault_backends::test;

namespace {

std::string post(std::size_t size) {
  return "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
         std::string(size, 'u');
}

}  // namespace

TEST_CASE("unfit: status is a proper response on a connection that stays") {
  for (const auto* status : {"500", "502", "503", "504", "401"}) {
    World world;
    world.fault("unfit", "status", {{"status", status}});
    world.start();
    Client& client = world.client(kGet);
    world.run_until(1s);
    CHECK(client.got.starts_with(std::string("HTTP/1.1 ") + status + " "));
    CHECK(body_of(client.got).starts_with(status));
    CHECK(client.end.empty());
    CHECK(world.counts().executed == 1);
    CHECK(world.counts().responses == 1);
  }
}

TEST_CASE("unfit: early answers before the body and closes: a reset for who is still sending") {
  for (const bool is_unix : {false, true}) {
    World world(is_unix);
    world.fault("unfit", "early");
    world.start();
    Client& client = world.client(post(8 * 1024 * 1024));
    world.run_until(1s);
    CHECK(client.sent < 8 * 1024 * 1024);
    // The kernel tells of the reset once: to the write that was in progress.
    CHECK(client.error == ECONNRESET);
    CHECK(world.receipt_has("RST (the kernel's: "));
    CHECK(world.counts().requests == 0);
    CHECK(world.counts().executed == 0);
  }
}

TEST_CASE("unfit: early with drain is read in full by who sends it all") {
  for (const bool is_unix : {false, true}) {
    World world(is_unix);
    world.fault("unfit", "early", {{"status", "401"}, {"then", "drain"}});
    world.start();
    const auto request = post(8 * 1024 * 1024);
    Client& client = world.client(request);
    world.run_until(1s);
    CHECK(client.got.starts_with("HTTP/1.1 401 Unauthorized\r\n"));
    CHECK(client.got.find("Connection: close\r\n") != std::string::npos);
    CHECK(client.end == "FIN");
    CHECK(world.counts().executed == 0);
  }
}

TEST_CASE("unfit: early can read some of the body before") {
  World world;
  world.fault("unfit", "early", {{"at", "1k"}, {"then", "stall"}});
  world.start();
  Client& client = world.client(post(100000));
  world.run_until(1s);
  CHECK(client.got.starts_with("HTTP/1.1 413 "));
  CHECK(client.end.empty());
  CHECK(world.told("bytes in place of the response (unfit: early)"));
}
