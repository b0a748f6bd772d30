// proxy_pass with variables, host names and addresses, end to end.
#include <doctest/doctest.h>

#include "tests/proxy/fixture.h"
#include "tests/proxy/name_server_kit.h"

using namespace badgate;
using namespace badgate::proxy;
using namespace badgate::proxy::test;
using namespace std::chrono_literals;

namespace {

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

class World : public Fixture {
 public:
  World() : ns(loop()) {
    settings.log_format = "$status $upstream_addr $upstream_status";
    settings.resolver = *parse_resolver(ns.address().to_string());
    settings.proxy_pass.clear();
  }

  std::string port(const test::Server& server) { return std::to_string(server.address().port()); }
  void resolve(const std::string& host, const test::Server& server) {
    settings.set = {{"target", host}};
    settings.proxy_pass = "http://$target:" + port(server);
  }

  NameServerKit ns;
};

}  // namespace

TEST_CASE_FIXTURE(World, "a name is resolved for the request") {
  auto& server = add_server({answer(kOk)});
  ns.records = {{"app.internal", {"127.0.0.1"}}};
  resolve("app.internal", server);
  start();
  CHECK(get()->status() == 200);
  CHECK(server.received(0).find("Host: app.internal:" + port(server)) != std::string::npos);
  CHECK(access == std::vector<std::string>{"200 app[0] 200"});
  CHECK(errors.empty());
}

TEST_CASE_FIXTURE(World, "a name that cannot be resolved is a 502, and no attempt") {
  auto& server = add_server({answer(kOk)});
  resolve("App.Internal", server);
  ns.code = net::dns::server_failure;
  start();
  CHECK(get()->status() == 502);
  CHECK(access == std::vector<std::string>{"502 - -"});
  REQUIRE(errors.size() == 1);
  CHECK(errors.front().starts_with(
      "[error] *1 app.internal could not be resolved (2: Server failure), client: 127.0.0.1"));
}

TEST_CASE_FIXTURE(World, "a client that leaves while a name is resolved") {
  auto& server = add_server({answer(kOk)});
  resolve("app.internal", server);
  ns.silent = true;
  start();
  auto client = connect_and_send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  run_for(2s);
  client->close();
  run_for(1s);
  CHECK(access == std::vector<std::string>{"499 - -"});
  CHECK(errors.empty());
}

TEST_CASE_FIXTURE(World, "without a resolver") {
  auto& server = add_server({answer(kOk)});
  resolve("app.internal", server);
  settings.resolver = {};
  start();
  CHECK(get()->status() == 502);
  REQUIRE(errors.size() == 1);
  CHECK(errors.front().starts_with("[error] *1 no resolver defined to resolve app.internal, "));
}

TEST_CASE_FIXTURE(World, "an upstream block's name, and an address, need no resolver") {
  auto& server = add_server({answer(kOk)});
  settings.resolver = {};
  settings.proxy_pass = "http://$http_x_target";
  start();
  const auto ask = [&](const std::string& target) {
    return get("GET / HTTP/1.1\r\nHost: a\r\nX-Target: " + target + "\r\n\r\n")->status();
  };
  CHECK(ask("APP") == 200);
  CHECK(ask("127.0.0.1:" + port(server)) == 200);
  CHECK(errors.empty());
}

TEST_CASE_FIXTURE(World, "what the variables come to is no URL: 500") {
  add_server({answer(kOk)});
  settings.proxy_pass = "$arg_to";
  start();
  const auto ask = [&](const std::string& target) {
    errors.clear();
    const int status = get("GET /?to=" + target + " HTTP/1.1\r\nHost: a\r\n\r\n")->status();
    REQUIRE(errors.size() == 1);
    return std::to_string(status) + " " + errors.front().substr(0, errors.front().find(", "));
  };
  CHECK(ask("app.internal") == "500 [error] *1 invalid URL prefix in \"app.internal\"");
  CHECK(ask("http://a:b/c") == "500 [error] *2 invalid port in upstream \"a:b/c\"");
  CHECK(ask("http://:80") == "500 [error] *3 no host in upstream \":80\"");
}

TEST_CASE_FIXTURE(World, "a URI that is worked out replaces the whole of the request's") {
  auto& server = add_server({answer(kOk)});
  settings.proxy_pass = "http://app/x$uri";
  start();
  get("GET /a%20b?c=d HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(server.received(0).starts_with("GET /x/a b HTTP/1.0\r\n"));
}

TEST_CASE_FIXTURE(World,
                  "of several addresses the next is tried, and none is remembered as failed") {
  auto& server = add_server({answer(kOk)});
  ns.records = {{"app.internal", {"127.0.0.9", "127.0.0.1"}}};
  resolve("app.internal", server);
  settings.resolver.ipv6 = false;
  start();
  CHECK(get()->status() == 200);
  REQUIRE(errors.size() == 1);
  CHECK(errors.front().find("connect() failed (111: Connection refused)") != std::string::npos);
  const auto first = access.front();
  CHECK(first.find("502, 200") != std::string::npos);
  for (int i = 0; i < 20; ++i)
    get();
  int again = 0;
  for (const auto& line : access)
    again += line.find("502, 200") != std::string::npos ? 1 : 0;
  CHECK(again > 3);
}

TEST_CASE_FIXTURE(World,
                  "names that are written literally are known at start, or it does not start") {
  auto& server = add_server({answer(kOk)});
  settings.proxy_pass = "http://app.internal:" + port(server);
  settings.hosts = {{"app.internal", {net::Address::loopback()}}};
  start();
  CHECK(get()->status() == 200);
  CHECK(ns.queries.empty());
  settings.hosts.clear();
  const auto reloaded = proxy().reload(settings);
  REQUIRE_FALSE(reloaded.has_value());
  CHECK(reloaded.error().message == "proxy_pass: host not found in upstream \"app.internal\"");
  settings.proxy_pass = "http://app:80";
  const auto port_given = proxy().reload(settings);
  REQUIRE_FALSE(port_given.has_value());
  CHECK(port_given.error().message == "proxy_pass: upstream \"app\" may not have port 80");
}

TEST_CASE_FIXTURE(World, "an unknown variable is told with the nearest one") {
  add_server({answer(kOk)});
  settings.proxy_pass = "http://$hots";
  settings.log_format.clear();
  const auto started = Proxy::start(loop(), settings, *this, {});
  REQUIRE_FALSE(started.has_value());
  CHECK(started.error().message ==
        "proxy_pass: unknown \"hots\" variable; did you mean \"$host\"?");
}
