// Host names in server lines, with and without `resolve`, end to end.
#include <doctest/doctest.h>

#include "proxy/directives.h"
#include "proxy/upstream_server.h"
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
  World() : ns(loop()), server(add_server({answer(kOk)})) {
    settings.log_format = "$status $upstream_addr $upstream_status";
    settings.nginx_version = "1.28.0";
    settings.resolver = *parse_resolver(ns.address().to_string());
    ns.ttl = 2;
    ns.records = {{"app.internal", {"127.0.0.1"}}};
  }

  // In place of the server's own line.
  void name_it(const std::string& parameters) {
    auto& upstream = settings.upstreams.front();
    const auto port = std::to_string(server.address().port());
    upstream.servers = {*parse_server("app.internal:" + port + parameters)};
    upstream.zone = UpstreamZone{.name = "app", .size = 65536};
  }
  int status_after(net::Duration time) {
    run_for(time);
    const auto client = connect_and_send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    run_for(100ms);
    return client->status();
  }

  NameServerKit ns;
  test::Server& server;
};

std::string first_error(const Settings& settings) {
  const auto errors = check(settings);
  return errors.empty() ? "" : errors.front().message;
}

}  // namespace

TEST_CASE("server lines") {
  const auto server = parse_server("app.internal:81 weight=3 max_fails=0 fail_timeout=5s resolve");
  REQUIRE(server);
  CHECK(server->host == "app.internal");
  CHECK(server->port == 81);
  CHECK(server->weight == 3);
  CHECK(server->max_fails == 0);
  CHECK(server->fail_timeout == 5s);
  CHECK(server->resolve);
  CHECK(parse_server("app.internal")->port == 80);
  const auto address = parse_server("127.0.0.1:81 backup resolve");
  CHECK(address->host.empty());
  CHECK_FALSE(address->resolve);
  CHECK(address->backup);
  CHECK(address->address.to_string() == "127.0.0.1:81");
  CHECK(parse_server("unix:/run/app.sock down")->down);
  const std::vector<std::pair<const char*, const char*>> bad{
      {"", "no host in upstream \"\""},
      {":80", "no host in upstream \":80\""},
      {"app.internal:x", "invalid port in upstream \"app.internal:x\""},
      {"app.internal weight=0", "invalid parameter \"weight=0\""},
      {"app.internal backup=on", "invalid parameter \"backup=on\""},
      {"app.internal resolves", "invalid parameter \"resolves\""},
  };
  for (const auto& [line, message] : bad) {
    CAPTURE(line);
    const auto wrong = parse_server(line);
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().message == message);
  }
}

TEST_CASE("zone") {
  CHECK(parse_upstream_zone("app 64k")->size == 65536);
  CHECK(parse_upstream_zone("app")->size == 0);
  CHECK(parse_upstream_zone("app 4k").error().message == "zone \"app\" is too small");
  CHECK(parse_upstream_zone("app x").error().message == "invalid zone size \"x\"");
}

TEST_CASE_FIXTURE(World, "what is refused, in nginx's words") {
  settings.listen = {net::Address::loopback()};
  name_it(" resolve");
  CHECK(first_error(settings) == "");
  settings.nginx_version = "1.27.2";
  CHECK(first_error(settings) == "invalid parameter \"resolve\"");
  settings.nginx_version = "1.27.3";
  CHECK(first_error(settings) == "");
  auto& upstream = settings.upstreams.front();
  settings.resolver = {};
  CHECK(first_error(settings) ==
        "no resolver defined to resolve names at run time in upstream \"app\"");
  upstream.resolver = parse_resolver("127.0.0.1:53").value();
  CHECK(first_error(settings) == "");
  upstream.zone->size = 0;
  CHECK(first_error(settings) == "zero size shared memory zone \"app\"");
  upstream.zone.reset();
  CHECK(first_error(settings) ==
        "resolving names at run time requires upstream \"app\" to be in shared memory");
  settings.nginx_version = "1.22.1";
  upstream.servers.front().resolve = false;
  settings.hosts = {{"app.internal", {net::Address::loopback()}}};
  CHECK(first_error(settings) == "\"resolver\" directive is not allowed here");
  upstream.resolver.reset();
  CHECK(first_error(settings) == "");
  settings.hosts.clear();
  upstream.servers.front().port = 81;
  CHECK(first_error(settings) == "host not found in upstream \"app.internal:81\"");
}

TEST_CASE("ipv4= is a name server's name before nginx 1.23.1 (measured)") {
  Settings settings;
  settings.resolver = parse_resolver("127.0.0.1 ipv4=on").value();
  CHECK(check(settings).empty());
  settings.nginx_version = "1.23.0";
  CHECK(first_error(settings) == "host not found in resolver \"ipv4=on\"");
  settings.resolver = parse_resolver("127.0.0.1 ipv6=off").value();
  CHECK(check(settings).empty());
}

TEST_CASE_FIXTURE(World, "a name in a server line is known to the machine, once") {
  name_it("");
  settings.hosts = {{"app.internal", {net::Address::loopback()}}};
  start();
  CHECK(get()->status() == 200);
  CHECK(access == std::vector<std::string>{"200 app[0] 200"});
  CHECK(ns.queries.empty());
}

TEST_CASE_FIXTURE(World, "with resolve there is nobody before the first answer") {
  name_it(" resolve");
  ns.delay = 1s;
  start();
  CHECK(status_after(0s) == 502);
  CHECK(access == std::vector<std::string>{"502 app 502"});
  CHECK(errors.front().find("no live upstreams while connecting to upstream") != std::string::npos);
  CHECK(status_after(2s) == 200);
  CHECK(ns.queries == std::vector<std::string>{"A app.internal", "AAAA app.internal"});
}

TEST_CASE_FIXTURE(World, "the group follows the name, and a name that is gone leaves nobody") {
  name_it(" resolve");
  start();
  CHECK(status_after(1s) == 200);
  ns.records.clear();
  CHECK(status_after(5s) == 502);
  CHECK(errors.front().find("app.internal could not be resolved (3: Host not found)") !=
        std::string::npos);
  ns.records = {{"app.internal", {"127.0.0.1"}}};
  CHECK(status_after(30s) == 200);
}

TEST_CASE_FIXTURE(World, "after any other failure the old addresses stay") {
  name_it(" resolve");
  start();
  CHECK(status_after(1s) == 200);
  ns.code = net::dns::server_failure;
  CHECK(status_after(6s) == 200);
  REQUIRE_FALSE(errors.empty());
  CHECK(errors.front().find("app.internal could not be resolved (2: Server failure)") !=
        std::string::npos);
}

TEST_CASE_FIXTURE(World, "a reload takes over addresses that are still valid") {
  name_it(" resolve");
  ns.ttl = 60;
  start();
  CHECK(status_after(1s) == 200);
  ns.silent = true;
  REQUIRE(proxy().reload(settings));
  CHECK(status_after(0s) == 200);
  CHECK(ns.queries.size() == 2);
}
