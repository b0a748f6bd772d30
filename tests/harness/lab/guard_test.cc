#include "harness/lab/guard.h"

#include <doctest/doctest.h>

using namespace badgate::harness::lab;

namespace {

int status(const Guard& guard, const HttpRequest& request) {
  const auto refused = guard.refuses(request);
  return refused ? refused->status : 200;
}

int of_host(const Guard& guard, const std::string& host) {
  CAPTURE(host);
  return status(guard, {.headers = {{"Host", host}}});
}

int of_post(const Headers& more) {
  HttpRequest request{.method = "POST", .path = "/api/play", .headers = more};
  request.headers.emplace_back("host", "localhost:8090");
  return status(Guard({.port = 8090}), request);
}

const std::pair<std::string, std::string> kJson{"Content-Type", "application/json"};

}  // namespace

TEST_CASE("the Host is the lab's own") {
  const Guard guard({.port = 8090});
  for (const char* host :
       {"127.0.0.1:8090", "localhost:8090", "LocalHost:8090", "[::1]:8090", "127.1.2.3:8090"})
    CHECK(of_host(guard, host) == 200);
  for (const char* host :
       {"", "evil.example", "evil.example:8090", "127.0.0.1", "127.0.0.1:80",
        "127.evil.example:8090", "localhost.evil.example:8090", "localhost:8090:8090", "[::1]",
        "[::2]:8090", "192.0.2.1:8090", "127.0.0.1:8090 ", "127.1:8090", "user@localhost:8090"})
    CHECK(of_host(guard, host) == 421);
  CHECK(status(guard, {}) == 400);
  CHECK(status(guard, {.headers = {{"Host", "localhost:8090"}, {"HOST", "localhost:8090"}}}) ==
        400);
  CHECK(of_host(Guard({.port = 80}), "localhost") == 200);
}

TEST_CASE("of others, addresses are taken if they may connect, and names if they are told") {
  const Guard guard({.port = 8090, .remote = true, .names = {"lab.example", "class.example:443"}});
  for (const char* host :
       {"192.0.2.1:8090", "[2001:db8::1]:8090", "lab.example:8090", "lab.example",
        "Lab.Example:8090", "class.example:443", "localhost:8090"})
    CHECK(of_host(guard, host) == 200);
  for (const char* host : {"192.0.2.1:80", "evil.example:8090", "class.example", "lab.example:80"})
    CHECK(of_host(guard, host) == 421);
}

TEST_CASE("what changes something comes from the lab's own page, or from no browser") {
  CHECK(of_post({kJson}) == 200);
  CHECK(of_post({kJson, {"Origin", "http://localhost:8090"}}) == 200);
  CHECK(of_post({kJson, {"Sec-Fetch-Site", "same-origin"}}) == 200);
  for (const char* origin :
       {"null", "http://localhost", "http://localhost:8091", "https://localhost:8090",
        "http://127.0.0.1:8090", "http://evil.example", ""})
    CHECK(of_post({kJson, {"Origin", origin}}) == 403);
  for (const char* site : {"same-site", "cross-site", ""})
    CHECK(of_post({kJson, {"Sec-Fetch-Site", site}}) == 403);
  CHECK(
      of_post({kJson, {"Origin", "http://localhost:8090"}, {"Origin", "http://localhost:8090"}}) ==
      403);
}

TEST_CASE("a form of another site cannot speak JSON") {
  CHECK(of_post({}) == 415);
  for (const char* type :
       {"text/plain", "multipart/form-data", "application/json-seq", "application/jsonx"})
    CHECK(of_post({{"Content-Type", type}}) == 415);
  for (const char* type : {"application/json", "APPLICATION/JSON",
                           "application/json; charset=utf-8", "application/json ;charset=utf-8"})
    CHECK(of_post({{"Content-Type", type}}) == 200);
}

TEST_CASE("a link may lead to the page, and nothing of the API is for other sites") {
  const Guard guard({.port = 8090});
  HttpRequest request{.headers = {{"Host", "localhost:8090"}, {"Sec-Fetch-Site", "cross-site"}}};
  CHECK(status(guard, request) == 200);
  request.path = "/api/scenarios";
  CHECK(status(guard, request) == 403);
  request.method = "DELETE";
  request.path = "/";
  CHECK(status(guard, request) == 403);
}

TEST_CASE("under a name that is given, the page may have come through TLS") {
  const Guard guard({.port = 8090, .remote = true, .names = {"lab.example"}});
  const auto of = [&](const std::string& host, const std::string& origin) {
    return status(guard, {.method = "POST",
                          .path = "/api/play",
                          .headers = {{"Host", host}, {"Origin", origin}, kJson}});
  };
  CHECK(of("lab.example", "https://lab.example") == 200);
  CHECK(of("lab.example", "https://LAB.example") == 200);
  CHECK(of("lab.example", "http://lab.example") == 200);
  CHECK(of("lab.example:8090", "https://lab.example:8090") == 200);
  CHECK(of("lab.example", "https://evil.example") == 403);
  CHECK(of("lab.example", "https://lab.example.evil.example") == 403);
  CHECK(of("lab.example", "https://lab.example:8443") == 403);
  CHECK(of("192.0.2.1:8090", "https://192.0.2.1:8090") == 403);
  CHECK(of("localhost:8090", "https://localhost:8090") == 403);
}
