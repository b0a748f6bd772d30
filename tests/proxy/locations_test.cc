// Which server and which location a request gets, and what is asked of the upstream then.
#include <doctest/doctest.h>

#include "proxy/directives.h"
#include "proxy/server_names.h"
#include "tests/proxy/fixture.h"

using namespace badgate;
using namespace badgate::proxy;
using namespace badgate::proxy::test;

namespace {

// A location that makes itself known by what it asks for.
Location at(const VirtualServer& server, std::string_view path, std::string_view pass) {
  Location location = inherited_location(server);
  REQUIRE(set_location_path(location, path));
  if (!pass.empty()) location.proxy_pass = std::string(pass);
  return location;
}

std::string asked(const badgate::proxy::test::Server& app) {
  const auto& got = app.received(0);
  return got.substr(0, got.find("\r\n"));
}

std::string request(std::string_view target, std::string_view host = "a") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n";
}

}  // namespace

TEST_CASE("the longest prefix is chosen, an exact path before all, and its prefix is replaced") {
  struct Row {
    std::string target;
    std::string asked;
  };
  const std::vector<Row> rows{
      {"/", "GET / HTTP/1.0"},
      {"/other?a=b", "GET /other?a=b HTTP/1.0"},
      {"/api/", "GET /one/ HTTP/1.0"},
      {"/api/x%20y?q", "GET /one/x%20y?q HTTP/1.0"},
      {"/api/v2/x", "GET /twox HTTP/1.0"},
      {"/api/v2", "GET /one/v2 HTTP/1.0"},
      {"/health", "GET /status HTTP/1.0"},
      {"/health?a", "GET /status?a HTTP/1.0"},
      {"/healthy", "GET /healthy HTTP/1.0"},
      {"/same/x", "GET /same/x HTTP/1.0"},
      {"/a%70i/x", "GET /one/x HTTP/1.0"},
      {"/x/../api//y", "GET /one/y HTTP/1.0"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.target);
    Fixture f;
    auto& app = f.add_server({answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")});
    f.settings.locations = {at(f.settings, "/api/", "http://app/one/"),
                            at(f.settings, "= /health", "http://app/status"),
                            at(f.settings, "/same/", "http://app"),
                            at(f.settings, "^~ /api/v2/", "http://app/two")};
    // "/api/v2" would be redirected to the longer location otherwise.
    if (row.target == "/api/v2") f.settings.locations.pop_back();
    const auto client = f.get(request(row.target));
    CHECK(client->status() == 200);
    CHECK(asked(app) == row.asked);
  }
}

TEST_CASE("a path without the location's last slash is redirected") {
  Fixture f;
  auto& app = f.add_server({answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")});
  f.settings.locations = {at(f.settings, "/api/", "http://app/")};
  f.start();
  const auto client = f.get(request("/api?x=1", "www.example.com"));
  CHECK(client->status() == 301);
  const auto port = std::to_string(f.proxy().addresses().front().port());
  CHECK(client->received().find("\r\nLocation: http://www.example.com:" + port + "/api/?x=1\r\n") !=
        std::string::npos);
  CHECK(app.connections() == 0);
}

TEST_CASE("a location's own values count, and redirects of its servers are rewritten to it") {
  Fixture f;
  f.add_server({{read_head(), wait(2s),
                 send("HTTP/1.1 302 Found\r\nLocation: http://app/v1/x\r\n"
                      "Content-Length: 0\r\n\r\n")}});
  f.settings.proxy.read_timeout = 1s;
  f.settings.locations = {at(f.settings, "/slow/", "http://app/v1/")};
  f.settings.locations[0].proxy.read_timeout = 5s;
  f.start();
  const auto slow = f.get(request("/slow/"));
  CHECK(slow->status() == 302);
  CHECK(slow->received().find("/slow/x\r\n") != std::string::npos);
  CHECK(f.get(request("/"))->status() == 504);
}

TEST_CASE("the server is chosen by the Host") {
  struct Row {
    std::string head;
    std::string server;
  };
  const std::vector<Row> rows{
      {request("/", "a.example.com"), "a"},
      {request("/", "A.example.COM.:8080"), "a"},
      {request("/", "x.a.example.com"), "wild"},
      {request("/", "x.y.example.com"), "wild"},
      {request("/", "example.com"), "top"},
      {request("/", "www.shop.org"), "tail"},
      {request("/", "dot.org"), "dot"},
      {request("/", "x.dot.org"), "dot"},
      {request("/", "nobody"), "top"},
      {"GET http://a.example.com/ HTTP/1.1\r\nHost: nobody\r\n\r\n", "a"},
      {"GET / HTTP/1.0\r\n\r\n", "none"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.head);
    Fixture f;
    auto& app = f.add_server({answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")});
    f.settings.proxy_pass = "http://app/top";
    const auto add = [&](std::vector<std::string> names, const std::string& pass) {
      auto& server = f.settings.servers.emplace_back(inherited_server(f.settings));
      server.server_names = std::move(names);
      server.proxy_pass = pass;
    };
    add({"*.example.com"}, "http://app/wild");
    add({"a.example.com", "www.shop.*"}, "http://app/a");
    add({".dot.org"}, "http://app/dot");
    add({}, "http://app/none");
    f.settings.servers[1].server_names.pop_back();
    add({"www.shop.*"}, "http://app/tail");
    f.get(row.head);
    CHECK(asked(app) == "GET /" + row.server + " HTTP/1.0");
  }
}

TEST_CASE("names of servers") {
  ServerNames names;
  CHECK(names.add("a.b", 0));
  CHECK_FALSE(names.add("a.b", 1));
  CHECK(names.add("*.b", 1));
  CHECK(names.add("*.c.b", 2));
  CHECK(names.add("a.*", 3));
  CHECK(names.find("a.b") == 0);
  CHECK(names.find("x.b") == 1);
  CHECK(names.find("x.c.b") == 2);
  CHECK(names.find("c.b") == 1);
  CHECK(names.find("a.x") == 3);
  CHECK_FALSE(names.find("b").has_value());
  CHECK_FALSE(names.find("").has_value());
  CHECK_FALSE(parse_server_name("*").has_value());
  CHECK_FALSE(parse_server_name("a*.b").has_value());
  CHECK_FALSE(parse_server_name("*.a.*").has_value());
  CHECK(parse_server_name("*.Example.COM") == "*.example.com");
}
