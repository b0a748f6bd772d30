// Lines of logs are read as their programs write them.
#include "harness/evidence/evidence.h"

#include <doctest/doctest.h>

#include "harness/evidence/nginx_error.h"

using namespace badgate::harness::evidence;

namespace {

constexpr std::string_view kTimedOut =
    R"(2026/11/23 04:15:25 [error] 123#456: *17 upstream timed out (110: Connection timed out) while reading response header from upstream, client: 10.0.0.7, server: shop.example, request: "POST /order?id=1 HTTP/1.1", upstream: "http://127.0.0.1:9000/order?id=1", host: "shop.example", referrer: "https://shop.example/cart")";

}  // namespace

TEST_CASE("a line of nginx's error log in its parts") {
  const auto e = read_line(kTimedOut);
  REQUIRE(e);
  CHECK(e->source == Source::nginx_error);
  CHECK(e->level == "error");
  CHECK(e->message ==
        "upstream timed out (110: Connection timed out) while reading response header from "
        "upstream");
  CHECK(e->action == "reading response header from upstream");
  CHECK(e->error_number == 110);
  CHECK(e->client == "10.0.0.7");
  CHECK(e->server == "shop.example");
  CHECK(e->method == "POST");
  CHECK(e->uri == "/order?id=1");
  CHECK(e->http_version == "1.1");
  CHECK(e->upstream_scheme == "http");
  CHECK(e->upstream_address == "127.0.0.1:9000");
  CHECK(e->upstream_uri == "/order?id=1");
  CHECK(e->host == "shop.example");
  CHECK(e->referrer == "https://shop.example/cart");
  CHECK_FALSE(e->cut);
  REQUIRE(e->time);
  const auto since = e->time->time_since_epoch();
  CHECK(std::chrono::duration_cast<std::chrono::seconds>(since).count() == 1795407325);
}

TEST_CASE("what containers and syslog write in front of a line is ignored") {
  for (const std::string prefix :
       {"web_1  | ", "Nov 23 04:15:25 host nginx: ", "<187>Nov 23 04:15:25 h nginx: ", "a/b "}) {
    const auto e = read_line(prefix + std::string(kTimedOut));
    REQUIRE(e);
    CHECK(e->client == "10.0.0.7");
  }
}

TEST_CASE("a line of no connection") {
  const auto e = read_line(
      "2026/11/23 04:15:25 [emerg] 1#1: host not found in upstream \"app\" in "
      "/etc/nginx/nginx.conf:7");
  REQUIRE(e);
  CHECK(e->level == "emerg");
  CHECK(e->message == "host not found in upstream \"app\" in /etc/nginx/nginx.conf:7");
  CHECK(e->client.empty());
  const auto printed = read_line("nginx: [emerg] host not found in upstream \"app\" in x:7");
  REQUIRE(printed);
  CHECK(printed->level == "emerg");
  CHECK(printed->message.starts_with("host not found"));
}

TEST_CASE("an upstream's address, with each kind of socket") {
  const auto address = [](std::string_view url) { return split_upstream(url).address; };
  CHECK(address("http://127.0.0.1:80/a:b") == "127.0.0.1:80");
  CHECK(address("http://[::1]:80/") == "[::1]:80");
  CHECK(address("http://unix:/run/app.sock:/uri") == "unix:/run/app.sock");
  CHECK(split_upstream("http://unix:/run/app.sock:/uri").uri == "/uri");
  CHECK(address("fastcgi://unix:/run/php.sock:") == "unix:/run/php.sock");
  CHECK(address("fastcgi://127.0.0.1:9000") == "127.0.0.1:9000");
  CHECK(split_upstream("grpcs://app:443").scheme == "grpcs");
}

TEST_CASE("clients may send quotes and commas") {
  const auto e = read_line(
      R"(2026/11/23 04:15:25 [error] 1#1: *1 connect() failed (111: Connection refused) while connecting to upstream, client: ::1, server: , request: "GET /a"b,"c HTTP/1.1", upstream: "http://127.0.0.1:1/a"b,"c", host: "h", referrer: "he said "hi", twice")");
  REQUIRE(e);
  CHECK(e->client == "::1");
  CHECK(e->server.empty());
  CHECK(e->uri == "/a\"b,\"c");
  CHECK(e->upstream_uri == "/a\"b,\"c");
  CHECK(e->referrer == "he said \"hi\", twice");
}

TEST_CASE("an application's own words may hold anything") {
  const auto e = read_line(
      R"(2026/11/23 04:15:25 [error] 1#1: *1 FastCGI sent in stderr: "PHP message: said "x", client: 6.6.6.6, while eating" while reading response header from upstream, client: 10.0.0.1, server: s, request: "GET /x.php HTTP/1.1", upstream: "fastcgi://unix:/run/php.sock:", host: "s")");
  REQUIRE(e);
  CHECK(e->client == "10.0.0.1");
  CHECK(e->action == "reading response header from upstream");
  CHECK(e->upstream_address == "unix:/run/php.sock");
}

TEST_CASE("a subrequest is told from its request") {
  const auto e = read_line(
      R"(2026/11/23 04:15:25 [error] 1#1: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 1.1.1.1, server: s, request: "GET / HTTP/1.1", subrequest: "/auth", upstream: "http://127.0.0.1:1/auth", host: "s")");
  REQUIRE(e);
  CHECK(e->uri == "/");
  CHECK(e->subrequest == "/auth");
}

TEST_CASE("a line may end anywhere") {
  for (std::size_t size = 0; size <= kTimedOut.size(); ++size) {
    const auto e = read_line(kTimedOut.substr(0, size));
    if (size < 30) continue;
    REQUIRE(e);
    CHECK(e->message.size() <= size);
  }
  const auto cut = read_line(kTimedOut.substr(0, kTimedOut.find("order?id=1\", host")));
  REQUIRE(cut);
  CHECK(cut->cut);
  CHECK(cut->upstream_address == "127.0.0.1:9000");
}

TEST_CASE("what is no line of a log is none") {
  for (const std::string_view text : {"", "hello", "2026/11/23 04:15:25", "2026/11/23 04:15:25 [",
                                      "2026/11/23 04:15:25 [error", "nginx: [", "////////////"}) {
    CAPTURE(text);
    CHECK_FALSE(read_line(text));
  }
}
