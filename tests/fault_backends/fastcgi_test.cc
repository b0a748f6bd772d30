#include "fault_backends/body_pattern.h"
#include "tests/fault_backends/fastcgi_kit.h"

using namespace badgate;
using namespace badgate::fault_backends;
using namespace badgate::fault_backends::test;
using namespace std::string_literals;

namespace {

struct FastcgiWorld : World {
  explicit FastcgiWorld(bool is_unix = false) : World(is_unix) {
    settings.protocol = Protocol::fastcgi;
  }
};

const std::string kHead = "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n";

}  // namespace

TEST_CASE("a FastCGI backend answers in records, as php-fpm does") {
  FastcgiWorld world;
  world.start();
  Client& client = world.client(fastcgi_request());
  world.run_until(1s);
  const auto records = records_of(client.got);
  CHECK(records.types == "63");
  CHECK(records.out == kHead + std::string(pattern(100)));
  CHECK(records.end == std::string(8, '\0'));
  CHECK(records.trailer.empty());
  for (const auto& header : records.headers)
    CHECK((header.content_length + header.padding_length) % 8 == 0);
  CHECK(client.end == "FIN");
  CHECK(client.error == 0);
  CHECK(world.counts().requests == 1);
  CHECK(world.counts().responses == 1);
  CHECK(world.told("reads request 1: GET /report on connection 1"));
  CHECK(world.told("sends response 1: Status: 200 OK, 100 body bytes"));
}

TEST_CASE("FCGI_KEEP_CONN keeps the connection, also between two requests at once") {
  FastcgiWorld world;
  world.start();
  Client& client = world.client(fastcgi_request("/a", 1) + fastcgi_request("/b", 1));
  world.run_until(1s);
  CHECK(records_of(client.got).types == "6363");
  CHECK(client.end.empty());
  client.send(fastcgi_request("/c", 0, "a body"));
  world.run_until(2s);
  CHECK(records_of(client.got).types == "636363");
  CHECK(client.end == "FIN");
  CHECK(world.counts().requests == 3);
  CHECK(world.told("reads request 3: POST /c, 6 body bytes, on connection 1"));
}

TEST_CASE("a FastCGI backend echoes a body of many records") {
  FastcgiWorld world;
  world.settings.answer.echo = true;
  world.start();
  const std::string body(60000, 'b');
  Client& client = world.client(fastcgi_request("/", 0, body));
  world.run_until(1s);
  CHECK(body_of(records_of(client.got).out) == body);
}

TEST_CASE("a large body is cut into records of at most 65535 bytes") {
  FastcgiWorld world;
  world.settings.answer.body_bytes = 300'000;
  world.settings.answer.framing = Answer::Framing::length;
  world.start();
  Client& client = world.client(fastcgi_request());
  world.run_until(1s);
  const auto records = records_of(client.got);
  CHECK(records.out.find("Content-Length: 300000\r\n") != std::string::npos);
  CHECK(body_of(records.out) == pattern(300'000));
  CHECK(records.types.ends_with("63"));
  CHECK(records.types.size() >= 6);
}

TEST_CASE("FastCGI: points count the application's bytes") {
  FastcgiWorld world;
  world.fault("crash", "mid-body", {{"at", "20"}});
  world.start();
  Client& client = world.client(fastcgi_request());
  world.run_until(1s);
  const auto records = records_of(client.got);
  CHECK(records.types == "6");
  CHECK(records.out == kHead + std::string(pattern(20)));
  CHECK(client.end == "RST");  // the empty STDIN was not read
  CHECK(world.receipt_has("RST (the kernel's: unread bytes) sent after 20 of 100 body bytes"));
}

TEST_CASE("FastCGI: bytes that are no request end the connection, as with php-fpm") {
  FastcgiWorld world(true);
  world.start();
  Client& http = world.client(kGet);
  Client& role = world.client("\1\1\0\1\0\x08\0\0\0\x09\0\0\0\0\0\0more"s);
  world.run_until(1s);
  CHECK(http.end == "RST");
  CHECK(http.got.empty());
  CHECK(role.end == "RST");
  CHECK(world.receipt_has("in place of BEGIN_REQUEST"));
  CHECK(world.receipt_has("role 9"));
  CHECK(world.counts().requests == 0);
}

TEST_CASE("FastCGI: bytes of something else are not put into records") {
  FastcgiWorld world;
  world.fault("garbage", "ssh-banner");
  world.start();
  Client& client = world.client(fastcgi_request());
  world.run_until(1s);
  CHECK(client.got.starts_with("SSH-2.0-"));
}
