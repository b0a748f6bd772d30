#include <algorithm>

#include "fault_backends/body_pattern.h"
#include "fault_backends/fits.h"
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

TEST_CASE("every fault that fits a FastCGI backend strikes it, and leaves the next request alone") {
  for (const bool pool : {false, true}) {
    for (const auto& preset : presets()) {
      CAPTURE(preset.family);
      CAPTURE(preset.kind);
      FastcgiWorld world;
      if (pool) world.settings.fpm.emplace();
      auto faults = World::build(preset.family, preset.kind);
      const bool fits = std::ranges::all_of(faults, [&](const Fault& fault) {
        return why_unfit(fault, world.settings).empty() && available(fault).has_value();
      });
      const bool listens = faults.empty() || faults.front().point.kind != Point::Kind::listen;
      if (!fits || !listens || preset.family == "dns" || preset.family == "firewall") continue;
      world.settings.faults = std::move(faults);
      world.start();
      Client& client = world.client(fastcgi_request("/a.php", net::fastcgi::keep_conn, "body"));
      world.run_until(200s);
      if (client.end.empty()) client.close();
      world.backend->set_faults({});
      if (world.told("process gone")) continue;
      Client& next = world.client(fastcgi_request("/a.php"));
      world.run_until(300s);
      CHECK(records_of(next.got).types == "63");
    }
  }
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

namespace {

using Parameters = std::vector<std::pair<std::string_view, std::string_view>>;

// What comes of one request at a backend with this fault and a body of 10 bytes.
std::string answered(std::string_view kind, const Parameters& parameters = {},
                     std::string* end = nullptr) {
  FastcgiWorld world;
  world.settings.answer.body = "0123456789";
  world.fault("fastcgi", kind, parameters);
  world.start();
  Client& client = world.client(fastcgi_request());
  world.run_until(1s);
  if (end != nullptr) *end = client.end;
  return client.got;
}

}  // namespace

TEST_CASE("fastcgi: a record is broken where the preset says") {
  const std::string right = records_of(answered("app-status")).out;
  const auto size = static_cast<char>(right.size());
  CHECK(right == kHead + "0123456789");
  struct Case {
    std::string_view kind;
    Parameters parameters;
    std::string header;  // the first bytes
  };
  const Case cases[] = {
      {"version", {}, "\2\6\0\1"s},
      {"version", {{"value", "72"}}, "H\6\0\1"s},
      {"type", {}, "\1\x09\0\1"s},
      {"type", {{"value", "0"}}, "\1\0\0\1"s},
      {"id-high", {}, "\1\6\2\1"s},
      {"id-low", {}, "\1\6\0\2"s},
      {"length-too-long", {{"by", "3"}}, "\1\6\0\1\0"s + static_cast<char>(size + 3)},
      {"length-too-short", {{"by", "3"}}, "\1\6\0\1\0"s + static_cast<char>(size - 3)},
  };
  for (const auto& [kind, parameters, header] : cases) {
    INFO(std::string(kind));
    std::string end;
    const auto got = answered(kind, parameters, &end);
    CHECK(got.substr(0, header.size()) == header);
    CHECK(got.size() == 80);  // nothing but the header differs
    CHECK(end == "RST");
  }
}

TEST_CASE("fastcgi: after a cut nothing comes") {
  CHECK(answered("cut-header", {{"at", "5"}}).size() == 5);
  CHECK(answered("cut-content", {{"at", "9"}}).size() == 8 + 9);
  const auto unpadded = answered("cut-padding");
  CHECK(unpadded.size() == 8 + kHead.size() + 10);
  CHECK(unpadded[6] != 0);
  const auto second = answered("cut-content", {{"at", "4"}, {"number", "2"}});
  CHECK(records_of(second).types == "6");
  CHECK(records_of(second).trailer.size() == 8 + 4);
  std::string end;
  CHECK(answered("cut-header", {{"at", "5"}, {"then", "stall"}}, &end).size() == 5);
  CHECK(end.empty());
}

TEST_CASE("fastcgi: records in another order") {
  CHECK(records_of(answered("no-stdout")).types == "3");
  CHECK(records_of(answered("no-stdout", {{"app_status", "255"}})).end == "\0\0\0\xff\0\0\0\0"s);
  CHECK(records_of(answered("empty-stdout")).types == "663");
  CHECK(records_of(answered("empty-stdout")).headers[0].content_length == 0);
  CHECK(records_of(answered("stdout-after-end")).types == "636");
  CHECK(records_of(answered("no-end")).types == "6");
  const auto closed = records_of(answered("stdout-closed", {{"at", "4"}}));
  CHECK(closed.types == "663");
  CHECK(closed.out.find("Content-Length: 10\r\n") != std::string::npos);
  CHECK(body_of(closed.out) == "0123");
  CHECK(records_of(answered("overloaded")).end == "\0\0\0\0\2\0\0\0"s);
  CHECK(records_of(answered("cant-mpx-conn")).end == "\0\0\0\0\1\0\0\0"s);
  CHECK(records_of(answered("unknown-role")).end == "\0\0\0\0\3\0\0\0"s);
}

TEST_CASE("fastcgi: what is said on STDERR, and where") {
  CHECK(records_of(answered("stderr")).types == "763");
  CHECK(records_of(answered("stderr", {{"where", "header"}})).types == "6763");
  CHECK(records_of(answered("stderr", {{"where", "body"}})).types == "6763");
  CHECK(records_of(answered("stderr", {{"where", "end"}})).types == "673");
  const auto large = records_of(answered("stderr", {{"data", "ab"}, {"size", "100001"}}));
  CHECK(large.types == "7763");
  CHECK(large.err.size() == 100'001);
  CHECK(large.out == kHead + "0123456789");
}

TEST_CASE("fastcgi: records of odd sizes say the same") {
  const auto tiny = records_of(answered("tiny-records"));
  CHECK(tiny.headers.size() == kHead.size() + 10 + 1);
  CHECK(tiny.out == kHead + "0123456789");
  const auto padded = records_of(answered("padding"));
  CHECK(padded.headers[0].padding_length == 255);
  CHECK(padded.out == kHead + "0123456789");
}

TEST_CASE("faults of HTTP are refused by a backend that speaks FastCGI, and the other way round") {
  const std::pair<std::string_view, std::string_view> of_http[] = {
      {"crash", "mid-chunk"},          {"garbage", "chunk-bad"}, {"garbage", "interim-100"},
      {"garbage", "status-version-3"}, {"healthy", "chunked"},   {"unfit", "early"},
      {"websocket", "echo"},
  };
  for (const auto& [family, kind] : of_http) {
    INFO(std::string(kind));
    FastcgiWorld world;
    world.fault(family, kind);
    const auto started = world.try_start();
    REQUIRE_FALSE(started.has_value());
    CHECK(started.error().message.find("is a fault of HTTP, not of FastCGI") != std::string::npos);
  }
  World http;
  http.fault("fastcgi", "version");
  const auto started = http.try_start();
  REQUIRE_FALSE(started.has_value());
  CHECK(started.error().message == "fastcgi: version needs protocol = \"fastcgi\"");
}
