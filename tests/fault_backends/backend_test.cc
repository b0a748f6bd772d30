#include "fault_backends/backend.h"

#include "fault_backends/body_pattern.h"
#include "tests/fault_backends/kit.h"

using namespace badgate;
using namespace badgate::fault_backends;
using namespace badgate::fault_backends::test;

TEST_CASE("a healthy backend answers and keeps the connection") {
  for (const bool is_unix : {false, true}) {
    CAPTURE(is_unix);
    World world(is_unix);
    world.start();
    Client& client = world.client(kGet);
    world.run_until(1s);
    CHECK(client.got ==
          "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n" +
              pattern(100));
    CHECK(client.end.empty());
    client.got.clear();
    client.send(kGet);
    world.run_until(2s);
    CHECK(body_of(client.got) == pattern(100));
    CHECK(world.counts().connections == 1);
    CHECK(world.counts().requests == 2);
    CHECK(world.counts().executed == 2);
    CHECK(world.counts().responses == 2);
    CHECK(world.told("accepts connection 1"));
    CHECK(world.told("reads request 1: GET /report on connection 1"));
    CHECK(world.told("sends response 2: HTTP/1.1 200 OK, 100 body bytes"));
    CHECK(world.backend->receipt().empty());
  }
}

TEST_CASE("it closes where the request asks for it, and after HTTP/1.0") {
  for (const auto* request : {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                              "GET / HTTP/1.0\r\nHost: a\r\n\r\n"}) {
    World world;
    world.start();
    Client& client = world.client(request);
    world.run_until(1s);
    CHECK(body_of(client.got) == pattern(100));
    CHECK(client.got.find("Connection: close\r\n") != std::string::npos);
    CHECK(client.end == "FIN");
    CHECK(world.receipt_has("connection 1: FIN sent after the response (Connection: close)"));
  }
}

TEST_CASE("pipelined requests are answered in order") {
  World world;
  world.settings.answer.service_time = 2s;
  world.start();
  Client& client = world.client(kGet + kGet + kGet);
  world.run_until(10s);
  REQUIRE(client.pieces.size() == 3);
  CHECK(client.pieces[0].first == 2s);
  CHECK(client.pieces[2].first == 6s);
  CHECK(world.counts().responses == 3);
}

TEST_CASE("HEAD, 204 and 304 have no body") {
  struct {
    const char* method;
    int status;
    bool length;
  } const cases[] = {{"HEAD", 200, true}, {"GET", 204, false}, {"GET", 304, false}};
  for (const auto& c : cases) {
    World world;
    world.settings.answer.status = c.status;
    world.start();
    Client& client = world.client(std::string(c.method) + " / HTTP/1.1\r\nHost: a\r\n\r\n");
    world.run_until(1s);
    CHECK(body_of(client.got).empty());
    CHECK((client.got.find("Content-Length: 100") != std::string::npos) == c.length);
    CHECK(client.end.empty());
  }
}

TEST_CASE("chunked, and until the connection closes") {
  World chunked;
  chunked.settings.answer.framing = Answer::Framing::chunked;
  chunked.settings.answer.body = "hello world";
  chunked.settings.answer.chunk_bytes = 6;
  chunked.start();
  Client& a = chunked.client(kGet);
  chunked.run_until(1s);
  CHECK(body_of(a.got) == "6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n");
  CHECK(a.end.empty());

  World close;
  close.settings.answer.framing = Answer::Framing::close;
  close.start();
  Client& b = close.client(kGet);
  close.run_until(1s);
  CHECK(body_of(b.got) == pattern(100));
  CHECK(b.got.find("Content-Length") == std::string::npos);
  CHECK(b.end == "FIN");
}

TEST_CASE("echo sends the request's body back") {
  World world;
  world.settings.answer.echo = true;
  world.start();
  Client& client = world.client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
  world.run_until(1s);
  CHECK(body_of(client.got) == "hello");
}

TEST_CASE("a quarter of a gigabyte is sent as the client reads it") {
  World world;
  world.settings.answer.body_bytes = 1ULL << 28;
  world.start();
  Client& client = world.client(kGet, false);
  world.run_until(1s);
  CHECK(world.counts().responses == 0);
  std::uint64_t total = 0;
  while (client.end.empty() && world.counts().responses == 0) {
    client.read();
    total += client.got.size();
    client.got.clear();
    client.pieces.clear();
    world.run_until(world.loop.now().time_since_epoch() + 1ms);
  }
  client.read();
  total += client.got.size();
  CHECK(total > (1ULL << 28));
  CHECK(total < (1ULL << 28) + 200);
}

TEST_CASE("a request that cannot be read is refused") {
  World world;
  world.start();
  Client& client = world.client("\x16\x03\x01 nonsense\r\n\r\n");
  world.run_until(1s);
  CHECK(client.got.starts_with("HTTP/1.1 400 Bad Request\r\n"));
  CHECK(client.end == "FIN");
  CHECK(world.counts().requests == 0);
  CHECK(world.counts().executed == 0);
}

TEST_CASE("crash and restart: every connection at once, the same address afterwards") {
  for (const bool is_unix : {false, true}) {
    CAPTURE(is_unix);
    World world(is_unix);
    world.settings.answer.service_time = 20s;
    world.start();
    const auto address = world.backend->address();
    Client& waiting = world.client(kGet);
    Client& idle = world.client();
    auto crash = world.loop.after(10s, [&] { world.backend->crash(); });
    world.run_until(11s);
    CHECK(waiting.end == "FIN");
    CHECK(waiting.got.empty());
    CHECK(idle.end == "FIN");
    CHECK(idle.ended == 10s);
    Client& refused = world.client();
    world.run_until(12s);
    CHECK(refused.connect_error == ECONNREFUSED);
    world.backend->restart();
    CHECK(world.backend->address() == address);
    Client& again = world.client(kGet);
    world.run_until(40s);
    CHECK(body_of(again.got) == pattern(100));
    CHECK(world.counts().executed == 2);
    CHECK(world.counts().responses == 1);
    CHECK(world.receipt_has("process gone (crash)"));
    CHECK(world.receipt_has("connection 1: FIN sent after reading request 1"));
  }
}

TEST_CASE("whatever the kernel has not been read from makes its own RST") {
  World world;
  world.fault("slow", "never-reads");
  world.start();
  Client& client = world.client(kGet);
  auto crash = world.loop.after(10s, [&] { world.backend->crash(); });
  world.run_until(11s);
  CHECK(client.end == "RST");
  CHECK(client.error == ECONNRESET);
  CHECK(world.receipt_has("RST (the kernel's: unread bytes)"));
}

TEST_CASE("what the client leaves behind is worked on and lost") {
  World world;
  world.settings.answer.service_time = 20s;
  world.start();
  Client& client = world.client(kGet);
  auto leave = world.loop.after(5s, [&] { client.close(); });
  world.run_until(30s);
  CHECK(world.counts().executed == 1);
  CHECK(world.counts().responses == 0);
  CHECK(world.told("connection 1: the peer has closed it"));
  CHECK(world.told("connection 1: the response is lost (32: Broken pipe)"));
}

TEST_CASE("faults that are set later concern what comes from then on") {
  World world;
  world.start();
  Client& before = world.client(kGet);
  world.run_until(1s);
  CHECK_FALSE(before.got.empty());
  world.backend->set_faults(World::build("slow", "header", {{"delay", "10s"}}));
  before.got.clear();
  before.send(kGet);
  world.run_until(10s);
  CHECK(before.got.empty());
  world.backend->set_faults({});
  Client& healed = world.client(kGet);
  world.run_until(10500ms);
  CHECK_FALSE(healed.got.empty());
  world.run_until(12s);
  CHECK_FALSE(before.got.empty());
}
