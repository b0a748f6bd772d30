#include "fault_backends/body_pattern.h"
#include "tests/fault_backends/kit.h"

using namespace badgate;
using namespace badgate::fault_backends;
using namespace badgate::fault_backends::test;

TEST_CASE("healthy: echo") {
  World world;
  world.fault("healthy", "echo");
  world.start();
  Client& client = world.client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
  world.run_until(1s);
  CHECK(client.got.find("Content-Length: 5\r\n") != std::string::npos);
  CHECK(body_of(client.got) == "hello");
}

TEST_CASE("healthy: echo of more than it keeps is refused") {
  World world;
  world.fault("healthy", "echo");
  world.start();
  const std::size_t size = 17 * 1024 * 1024;
  Client& client =
      world.client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) +
                   "\r\n\r\n" + std::string(size, 'x'));
  world.run_until(1s);
  CHECK(client.sent > size);
  CHECK(client.got.starts_with("HTTP/1.1 413 "));
}

TEST_CASE("healthy: fixed") {
  World world;
  world.fault("healthy", "fixed", {{"size", "1k"}});
  world.start();
  Client& client = world.client(kGet);
  world.run_until(1s);
  CHECK(client.got.find("Content-Length: 1024\r\n") != std::string::npos);
  CHECK(body_of(client.got) == pattern(1024));
  CHECK(client.end.empty());
}

TEST_CASE("healthy: chunked") {
  World world;
  world.fault("healthy", "chunked", {{"size", "10"}, {"chunk_size", "8"}});
  world.start();
  Client& client = world.client(kGet);
  world.run_until(1s);
  CHECK(client.got.find("Content-Length") == std::string::npos);
  CHECK(body_of(client.got) == "8\r\n01234567\r\n2\r\n89\r\n0\r\n\r\n");
  CHECK(client.end.empty());
}

TEST_CASE("healthy: close-delimited") {
  World world;
  world.fault("healthy", "close-delimited", {{"size", "10"}});
  world.start();
  Client& client = world.client(kGet);
  world.run_until(1s);
  CHECK(client.got.find("Content-Length") == std::string::npos);
  CHECK(client.got.find("Connection: close\r\n") != std::string::npos);
  CHECK(body_of(client.got) == pattern(10));
  CHECK(client.end == "FIN");
}
