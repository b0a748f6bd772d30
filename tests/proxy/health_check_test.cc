// Active checks: what they say, what they do, how they are written.
#include <doctest/doctest.h>

#include <algorithm>

#include "proxy/health_check.h"
#include "tests/proxy/fixture.h"

using namespace badgate;
using namespace badgate::proxy;
using namespace badgate::proxy::test;

namespace {

Script responds(std::string status) {
  return answer("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n");
}

HealthCheck every_second() {
  return *parse_health_check("interval=1s fails=2 passes=2 uri=/health");
}

std::size_t count(const std::vector<std::string>& lines, std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(lines.begin(), lines.end(),
                    [&](const std::string& line) { return line.find(text) != line.npos; }));
}

}  // namespace

TEST_CASE("health_check: its parameters") {
  const auto check =
      parse_health_check("interval=3s fails=2 passes=4 uri=/h?x port=81 status=200-204 mandatory");
  REQUIRE(check);
  CHECK(check->interval == 3s);
  CHECK(check->fails == 2);
  CHECK(check->passes == 4);
  CHECK(check->uri == "/h?x");
  CHECK(check->port == 81);
  CHECK(check->status_from == 200);
  CHECK(check->status_to == 204);
  CHECK(check->mandatory);
  for (const auto* bad : {"interval=0", "interval=x", "fails=0", "passes=", "uri=health",
                          "port=65536", "status=204-200", "status=99", "unknown", "fails"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_health_check(bad));
  }
}

TEST_CASE("a server that fails its checks is left out, also a single one, until it passes") {
  Fixture f;
  f.settings.error_log_level = Level::notice;
  auto& app = f.add_server({responds("200 OK"), responds("503 No"), responds("503 No"),
                            responds("200 OK"), responds("200 OK"), responds("200 OK")});
  f.group().health_check = every_second();
  f.start();
  f.run_for(2500ms);
  CHECK(app.received(0).starts_with("GET /health HTTP/1.0\r\nHost: app\r\n"));
  const std::string whom = ", health check \"\" of peer app[0] in upstream \"app\"";
  CHECK(count(f.lines, "[warn] peer is unhealthy while checking status code" + whom) == 1);
  const auto refused = f.connect_and_send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  f.run_for(100ms);
  CHECK(refused->status() == 502);
  CHECK(count(f.errors, "no live upstreams while connecting to upstream") == 1);
  f.run_for(2s);
  CHECK(count(f.lines, "[notice] peer is healthy while checking status code" + whom) == 1);
  const auto answered = f.connect_and_send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  f.run_for(100ms);
  CHECK(answered->status() == 200);
}

TEST_CASE("a server that cannot be connected to, or says nothing, is unhealthy") {
  SUBCASE("refused") {
    Fixture f;
    f.add_refusing_server();
    f.group().health_check = every_second();
    f.start();
    f.run_for(1500ms);
    CHECK(count(f.errors,
                "connect() failed (111: Connection refused) while connecting to upstream, "
                "health check \"\" of peer ") == 2);
    CHECK(f.events.empty());
  }
  SUBCASE("silent") {
    Fixture f;
    f.settings.proxy.read_timeout = 500ms;
    f.settings.error_log_level = Level::warn;
    f.add_server({{read_head(), wait(100s)}});
    f.group().health_check = every_second();
    f.start();
    f.run_for(2s);
    CHECK(count(f.errors,
                "upstream timed out (110: Connection timed out) while reading response "
                "header from upstream, health check") == 2);
    CHECK(count(f.lines, "peer is unhealthy while reading response header from upstream") == 1);
  }
}

TEST_CASE("a check that takes longer than the interval comes to its end") {
  Fixture f;
  f.settings.proxy.read_timeout = 5s;
  f.settings.error_log_level = Level::warn;
  auto& app = f.add_server({{read_head(), wait(100s)}});
  f.group().health_check = *parse_health_check("interval=2s");
  f.start();
  f.run_for(5500ms);
  CHECK(app.connections() == 1);
  CHECK(count(f.lines, "peer is unhealthy while reading response header from upstream") == 1);
  f.run_for(1s);
  CHECK(app.connections() == 2);
}

TEST_CASE("a check reads no more than a head may have, however it comes") {
  Fixture f;
  f.add_server({{read_head(), send("HTTP/1.1 200 OK\r\nX: " + std::string(3000, 'x')), wait(1s),
                 send(std::string(3000, 'x')), wait(100s)}});
  f.group().health_check = *parse_health_check("interval=60s");
  f.start();
  f.run_for(2s);
  CHECK(count(f.errors, "upstream sent too big header while reading response header") == 1);
}

TEST_CASE("mandatory: nothing is asked of a server before it has passed") {
  Fixture f;
  auto& app = f.add_server(
      {{read_head(), wait(3s), send("HTTP/1.1 200 OK\r\n\r\n"), close()}, responds("200 OK")});
  f.group().health_check = *parse_health_check("interval=10s mandatory");
  f.start();
  const auto early = f.connect_and_send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  f.run_for(1s);
  CHECK(early->status() == 502);
  CHECK(app.connections() == 1);
  f.run_for(4s);
  const auto late = f.connect_and_send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  f.run_for(1s);
  CHECK(late->status() == 200);
}
