// What passes through a connection that was upgraded, and how it ends.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>

#include "tests/proxy/fixture.h"

using namespace badgate;
using namespace badgate::proxy;
using namespace badgate::proxy::test;

namespace {

const std::string kUpgrade =
    "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const std::string kSwitch =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

bool contains(const std::vector<std::string>& lines, std::string_view text) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(text) != line.npos; });
}

}  // namespace

TEST_CASE("bytes pass both ways, also those that came with the heads") {
  Fixture f;
  f.settings.log_format = "$status $body_bytes_sent $upstream_bytes_received";
  auto& app = f.add_server(
      {{read_head(), send(kSwitch + "hello"), wait(1s), send(" there"), wait(1s), close()}});
  f.start();
  const auto client = f.connect_and_send(kUpgrade + "early");
  f.run_for(1500ms);
  client->send(" late");
  f.run_for(1s);
  CHECK(client->status() == 101);
  CHECK(client->received().find("\r\nConnection: upgrade\r\n") != std::string::npos);
  CHECK(client->body() == "hello there");
  CHECK(client->got_fin());
  CHECK(app.received(0).ends_with("\r\n\r\nearly late"));
  REQUIRE(f.access.size() == 1);
  CHECK(f.access[0] == fmt::format("101 11 {}", kSwitch.size() + 11));
  CHECK(f.errors.empty());
}

TEST_CASE("without Upgrade in the request 101 is a response like others") {
  Fixture f;
  f.settings.proxy.read_timeout = 5s;
  f.add_server({{read_head(), send(kSwitch), wait(100s)}});
  const auto client = f.get();
  CHECK(client->status() == 101);
  CHECK(
      contains(f.errors, "upstream timed out (110: Connection timed out) while reading upstream"));
}

TEST_CASE("proxy_read_timeout runs while nobody says anything, whoever speaks sets it back") {
  Fixture f;
  f.settings.proxy.read_timeout = 10s;
  f.settings.error_log_level = Level::info;
  f.add_server({{read_head(), send(kSwitch), wait(8s), send("x"), wait(100s)}});
  f.start();
  const auto client = f.connect_and_send(kUpgrade);
  f.run_for(16s);
  client->send("y");
  f.run_for(100s);
  CHECK(seconds(client->closed_at()) == doctest::Approx(26));
  CHECK(contains(f.lines,
                 "[info] *1 upstream timed out (110: Connection timed out) while proxying "
                 "upgraded connection, client: "));
  CHECK(f.errors.empty());
}

TEST_CASE("the server's reset is an error, the client's is not") {
  SUBCASE("server") {
    Fixture f;
    f.add_server({{read_head(), send(kSwitch), wait(1s), reset()}});
    f.start();
    const auto client = f.connect_and_send(kUpgrade);
    f.run_for(2s);
    CHECK(client->got_fin());
    CHECK(contains(f.errors,
                   "recv() failed (104: Connection reset by peer) while proxying "
                   "upgraded connection"));
  }
  SUBCASE("client") {
    Fixture f;
    auto& app = f.add_server({{read_head(), send(kSwitch), wait(100s)}});
    f.start();
    const auto client = f.connect_and_send(kUpgrade);
    f.run_for(1s);
    client->reset();
    f.run_for(1s);
    CHECK(app.closed(0));
    CHECK(f.errors.empty());
  }
}

TEST_CASE("a side that closes ends both, once its bytes were passed on") {
  Fixture f;
  auto& app = f.add_server({{read_head(), send(kSwitch), wait(100s)}});
  f.start();
  const auto client = f.connect_and_send(kUpgrade);
  f.run_for(1s);
  client->send("bye");
  client->half_close();
  f.run_for(1s);
  CHECK(app.received(0).ends_with("bye"));
  CHECK(app.closed(0));
  CHECK(client->got_fin());
}

TEST_CASE(
    "a client that takes nothing stops the server's flow, and is given up after send_timeout") {
  Fixture f;
  f.settings.send_timeout = 5s;
  f.add_server({{read_head(), send(kSwitch + std::string(16 << 20, 'x')), wait(100s)}});
  f.start();
  const auto client = f.connect({.receive_buffer = 4096});
  client->send(kUpgrade);
  f.run_for(1s);
  client->pause_reading();
  f.run_for(20s);
  CHECK(contains(f.lines, "client timed out (110: Connection timed out) while proxying upgraded"));
}
