// New settings while the proxy runs.
#include <doctest/doctest.h>

#include "proxy/directives.h"
#include "tests/proxy/fixture.h"

using namespace badgate;
using namespace badgate::proxy;
using namespace badgate::proxy::test;

namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

}  // namespace

TEST_CASE("a request under way ends with the settings that it began with") {
  Fixture f;
  f.add_server({{read_head(), wait(5s), send(std::string(kAnswer))}});
  f.settings.proxy.read_timeout = 2s;
  f.start();
  const auto before = f.connect_and_send(kGet);
  f.run_for(1s);
  f.settings.proxy.read_timeout = 10s;
  REQUIRE(f.proxy().reload(f.settings));
  const auto after = f.connect_and_send(kGet);
  f.run();
  CHECK(before->status() == 504);
  CHECK(before->received().find("Connection: close") != std::string::npos);
  CHECK(after->status() == 200);
}

TEST_CASE("addresses come and go, and one that stays keeps its socket") {
  Fixture f;
  f.add_server({answer(std::string(kAnswer))});
  f.start();
  const auto first = f.proxy().addresses().at(0);
  f.settings.listen.push_back(net::Address::parse("127.0.0.2:0").value());
  REQUIRE(f.proxy().reload(f.settings));
  REQUIRE(f.proxy().addresses().size() == 2);
  CHECK(f.proxy().addresses()[0] == first);
  TestClient second(f.loop(), f.proxy().addresses()[1]);
  second.send(kGet);
  f.run();
  CHECK(second.status() == 200);
  f.settings.listen.erase(f.settings.listen.begin());
  const auto stays = f.proxy().addresses()[1];
  REQUIRE(f.proxy().reload(f.settings));
  CHECK(f.proxy().addresses() == std::vector{stays});
  TestClient gone(f.loop(), first);
  gone.send(kGet);
  f.run();
  CHECK(gone.status() == 0);
}

TEST_CASE("settings that do not work change nothing") {
  Fixture f;
  f.add_server({answer(std::string(kAnswer))});
  f.start();
  auto wrong = f.settings;
  wrong.proxy_pass = "http://nobody";
  CHECK(f.proxy().reload(wrong).error().message ==
        "proxy_pass: host not found in upstream \"nobody\"");
  wrong = f.settings;
  wrong.listen.push_back(net::Address::parse("unix:/nowhere/at/all").value());
  CHECK_FALSE(f.proxy().reload(wrong));
  CHECK(f.proxy().addresses().size() == 1);
  CHECK(f.get(kGet)->status() == 200);
}

TEST_CASE("a zone that stays the same goes on counting") {
  Fixture f;
  f.add_server({answer(std::string(kAnswer))});
  f.settings.keepalive_timeout = 0s;
  f.settings.limit_req_zone = {{.key = "$server_name", .name = "z", .size = 1 << 20, .rate = 20}};
  f.settings.limit_req = {{.zone = "z"}};
  f.start();
  CHECK(f.get(kGet)->status() == 200);
  REQUIRE(f.proxy().reload(f.settings));
  CHECK(f.get(kGet)->status() == 503);
  f.settings.limit_req_zone[0].key = "$host";
  REQUIRE(f.proxy().reload(f.settings));
  CHECK(f.get(kGet)->status() == 200);
}

TEST_CASE("two servers of one name: nginx warns, and the first has it") {
  Fixture f;
  f.add_server({answer(std::string(kAnswer))});
  f.settings.servers.push_back(inherited_server(f.settings));
  f.settings.servers[0].server_names = f.settings.server_names;
  f.start();
  const auto text = f.settings.listen[0].to_string();
  REQUIRE(f.lines.size() == 1);
  CHECK(f.lines[0] == "[warn] conflicting server name \"test\" on " + text + ", ignored");
}
