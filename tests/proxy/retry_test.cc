// Who is asked next, how often, and which answer wins.
#include <doctest/doctest.h>

#include "tests/proxy/fixture.h"

using namespace badgate::proxy;
using namespace badgate::proxy::test;

namespace {

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const std::string kBusy = "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy";

std::string with_body(const std::string& method) {
  return method + " / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc";
}

// Status, us= and ua= of the only access line.
std::string told(const Fixture& f) {
  REQUIRE(f.access.size() == 1);
  return f.access[0].substr(0, f.access[0].find(" uc="));
}

}  // namespace

TEST_CASE("the last failure decides the status") {
  SUBCASE("refused, then too slow") {
    Fixture f;
    f.add_refusing_server();
    f.add_server({{read_head()}});
    CHECK(f.get(kGet)->status() == 504);
    CHECK(told(f) == "504 us=502, 504 ua=app[0], app[1]");
  }
  SUBCASE("too slow, then refused") {
    Fixture f;
    f.add_server({{read_head()}});
    f.add_refusing_server();
    CHECK(f.get(kGet)->status() == 502);
    CHECK(told(f) == "502 us=504, 502 ua=app[0], app[1]");
  }
}

TEST_CASE("requests that have been sent: who may repeat them") {
  struct Row {
    const char* method;
    bool again;
  };
  for (const Row row : {Row{"GET", true},
                        {"PUT", true},
                        {"DELETE", true},
                        {"POST", false},
                        {"LOCK", false},
                        {"PATCH", false}}) {
    CAPTURE(row.method);
    Fixture f;
    f.add_server({{read_head(), close()}});
    auto& second = f.add_server({answer(kOk)});
    CHECK(f.get(with_body(row.method))->status() == (row.again ? 200 : 502));
    CHECK(second.connections() == (row.again ? 1 : 0));
    if (row.again) CHECK(second.received(0).ends_with("\r\n\r\nabc"));
  }
}

TEST_CASE("a POST that could not be sent is repeated") {
  Fixture f;
  f.add_refusing_server();
  f.add_server({answer(kOk)});
  CHECK(f.get(with_body("POST"))->status() == 200);
  CHECK(told(f) == "200 us=502, 200 ua=app[0], app[1]");
}

TEST_CASE("non_idempotent lets a POST be repeated") {
  Fixture f;
  f.settings.proxy.next_upstream = bit(Reason::error) | bit(Reason::non_idempotent);
  f.add_server({{read_head(), close()}});
  f.add_server({answer(kOk)});
  CHECK(f.get(with_body("POST"))->status() == 200);
}

TEST_CASE("proxy_next_upstream off") {
  Fixture f;
  f.settings.proxy.next_upstream = 0;
  f.add_refusing_server();
  f.add_server({answer(kOk)});
  CHECK(f.get(kGet)->status() == 502);
  CHECK(told(f) == "502 us=502 ua=app[0]");
}

TEST_CASE("proxy_next_upstream_tries counts the first attempt") {
  Fixture f;
  f.settings.proxy.next_upstream_tries = 2;
  f.add_refusing_server();
  f.add_refusing_server();
  f.add_server({answer(kOk)});
  CHECK(f.get(kGet)->status() == 502);
  CHECK(told(f) == "502 us=502, 502 ua=app[0], app[1]");
}

TEST_CASE("proxy_next_upstream_timeout is looked at when an attempt has failed") {
  Fixture f;
  f.settings.proxy.next_upstream_timeout = 50s;
  f.add_server({{read_head()}});
  f.add_server({answer(kOk)});
  const auto client = f.get(kGet);
  CHECK(client->status() == 504);
  CHECK(seconds(client->last_byte_at()) == 60);
}

TEST_CASE("http_503: another server is asked, the last one's answer is passed on") {
  Fixture f;
  f.settings.proxy.next_upstream = bit(Reason::error) | bit(Reason::http_503);
  f.add_server({answer(kBusy)});
  f.add_server({answer(kBusy)});
  const auto client = f.get(kGet);
  CHECK(client->status() == 503);
  CHECK(client->body() == "busy");
  CHECK(told(f) == "503 us=503, 503 ua=app[0], app[1]");
  CHECK(f.errors.empty());
}

TEST_CASE("a status that is not listed is passed on without a word") {
  Fixture f;
  f.add_server({answer(kBusy)});
  f.add_server({answer(kOk)});
  CHECK(f.get(kGet)->status() == 503);
  CHECK(told(f) == "503 us=503 ua=app[0]");
  CHECK(f.lines.empty());
}

TEST_CASE("all servers out: 502 at once, without asking anyone") {
  Fixture f;
  f.add_refusing_server();
  f.add_refusing_server();
  f.get(kGet);
  f.access.clear();
  f.errors.clear();
  const auto client = f.get(kGet);
  CHECK(client->status() == 502);
  CHECK(told(f) == "502 us=502 ua=app");
  REQUIRE(f.errors.size() == 1);
  CHECK(f.errors[0].find("no live upstreams while connecting to upstream, client: 127.0.0.1, "
                         "server: test, request: \"GET / HTTP/1.1\", upstream: \"http://app/\", "
                         "host: \"a\"") != std::string::npos);
}

TEST_CASE("a lone server is never out") {
  Fixture f;
  f.add_refusing_server();
  f.get(kGet);
  f.get(kGet);
  REQUIRE(f.errors.size() == 2);
  CHECK(f.errors[1].find("connect() failed (111: Connection refused)") != std::string::npos);
}

TEST_CASE("\"temporarily disabled\" comes before a timeout's line and after other errors'") {
  Fixture f;
  f.add_server({{read_head()}});
  f.add_refusing_server();
  f.get(kGet);
  REQUIRE(f.lines.size() == 4);
  CHECK(f.lines[0].starts_with("[warn] *1 upstream server temporarily disabled"));
  CHECK(f.lines[1].starts_with("[error] *1 upstream timed out"));
  CHECK(f.lines[2].starts_with("[error] *1 connect() failed"));
  CHECK(f.lines[3].starts_with("[warn] *1 upstream server temporarily disabled"));
}

TEST_CASE("a backup is asked when the others have failed") {
  Fixture f;
  f.add_refusing_server();
  f.add_server({answer(kOk)});
  f.group().servers[1].backup = true;
  CHECK(f.get(kGet)->status() == 200);
  CHECK(told(f) == "200 us=502, 200 ua=app[0], app[1]");
}
