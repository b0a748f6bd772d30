#include "harness/change/pairs.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <initializer_list>
#include <string>
#include <vector>

using namespace badgate;
using namespace badgate::harness;
using namespace badgate::harness::change;

namespace {

std::vector<Setting> settings(std::initializer_list<const char*> texts) {
  std::vector<Setting> out;
  for (const char* text : texts) {
    auto setting = parse_setting(text);
    REQUIRE_MESSAGE(setting, text);
    add_setting(out, std::move(*setting));
  }
  return out;
}

}  // namespace

TEST_CASE("two configurations differ in what was changed, location by location") {
  const Config before{
      .file = "old",
      .routes = {{"location /",
                  {{"proxy_read_timeout", "60s", "old:1"}, {"gzip", "on", "old:2"}},
                  1},
                 {"location /api/", {{"proxy_read_timeout", "60s", "old:1"}}, 1, Protocol::http},
                 {"location /same/", {{"proxy_read_timeout", "9s", "old:3"}}, 1, Protocol::http},
                 {"location /gone/", {}, 1, Protocol::http}},
      .diagnostics = {}};
  const Config after{
      .file = "new",
      .routes = {{"location /", {{"proxy_connect_timeout", "5s", "new:1"}}, 3, Protocol::http},
                 {"location /same/", {{"proxy_read_timeout", "9s", "new:3"}}, 1, Protocol::http},
                 {"location /new/", {}, 1, Protocol::http},
                 {"location /api/", {{"proxy_read_timeout", "10s", "new:1"}}, 1, Protocol::http}},
      .diagnostics = {}};
  const auto pairs = pairs_of(before, after);
  REQUIRE(pairs);
  CHECK(pairs->unchanged == std::vector<std::string>{"location /same/"});
  CHECK(pairs->only_before == std::vector<std::string>{"location /gone/"});
  CHECK(pairs->only_after == std::vector<std::string>{"location /new/"});
  REQUIRE(pairs->comparisons.size() == 2);
  const Comparison& root = pairs->comparisons[0];
  const std::vector<Setting> first{{Setting::Of::proxy, "proxy_connect_timeout", {}},
                                   {Setting::Of::proxy, "proxy_read_timeout", "60s"}};
  const std::vector<Setting> second{{Setting::Of::proxy, "proxy_connect_timeout", "5s"},
                                    {Setting::Of::proxy, "proxy_read_timeout", {}},
                                    {Setting::Of::group, "servers", "+2"}};
  CHECK(root.before == first);
  CHECK(root.after == second);
  REQUIRE(root.changed.size() == 4);
  CHECK(root.changed[0].name == "gzip");
  CHECK(root.changed[0].where == "not compared");
  CHECK(root.changed[1].before == "60s (default)");
  CHECK(root.changed[1].where == "new:1");
  CHECK(root.changed[3].name == "servers of the group");
  CHECK(*pairs->comparisons[1].after.front().value == "10s");
}

TEST_CASE("locations in which the same is changed are compared once; --set changes all") {
  const Config config{
      .file = "nginx.conf",
      .routes = {{"location /a/", {{"proxy_read_timeout", "60s", "x:1"}}, 1, Protocol::http},
                 {"location /b/", {{"proxy_read_timeout", "60s", "x:1"}}, 1, Protocol::http},
                 {"location /c/", {{"proxy_read_timeout", "5s", "x:9"}}, 1, Protocol::http}},
      .diagnostics = {}};
  const auto pairs = pairs_of(config, settings({"proxy_read_timeout=5s"}));
  REQUIRE(pairs);
  REQUIRE(pairs->comparisons.size() == 1);
  CHECK(pairs->comparisons[0].locations ==
        std::vector<std::string>{"location /a/", "location /b/"});
  CHECK(pairs->unchanged == std::vector<std::string>{"location /c/"});
  const auto refused = pairs_of(config, settings({"proxy_buffer_size=64k"}));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("nginx would not start") != std::string::npos);
}

TEST_CASE("directives of another protocol than the location's are nothing to it") {
  const Config config{.file = "a",
                      .routes = {{"php", {}, 1, Protocol::fastcgi},
                                 {"web", {}, 1, Protocol::http},
                                 {"python", {}, 1, Protocol::other}},
                      .diagnostics = {}};
  const auto pairs = pairs_of(config, settings({"proxy_read_timeout=5s"}));
  REQUIRE(pairs);
  CHECK(pairs->unchanged == std::vector<std::string>{"php"});
  CHECK(pairs->not_spoken == std::vector<std::string>{"python"});
  REQUIRE(pairs->comparisons.size() == 1);
  CHECK(pairs->comparisons[0].locations == std::vector<std::string>{"web"});
}

TEST_CASE("one change in many locations is played once, over what they have in common") {
  Config before{.file = "old", .routes = {}, .diagnostics = {}};
  Config after{.file = "new", .routes = {}, .diagnostics = {}};
  for (int i = 0; i < 20; ++i) {
    const auto name = "location /" + std::to_string(i);
    const std::vector<Said> said{{"proxy_read_timeout", std::to_string(i) + "s", "old:1"},
                                 {"proxy_send_timeout", "7s", "old:2"}};
    before.routes.push_back({name, said, 1, Protocol::http});
    after.routes.push_back({name, said, 2, Protocol::http});
    after.routes.back().said.push_back({"proxy_connect_timeout", "5s", "new:1"});
  }
  const auto pairs = pairs_of(before, after);
  REQUIRE(pairs);
  REQUIRE(pairs->comparisons.size() == 1);
  const Comparison& one = pairs->comparisons.front();
  CHECK(one.in_common);
  CHECK(one.locations.size() == 20);
  const std::vector<Setting> first{{Setting::Of::proxy, "proxy_connect_timeout", {}},
                                   {Setting::Of::proxy, "proxy_send_timeout", "7s"}};
  CHECK(one.before == first);
  const std::vector<Setting> second{{Setting::Of::proxy, "proxy_connect_timeout", "5s"},
                                    {Setting::Of::proxy, "proxy_send_timeout", "7s"},
                                    {Setting::Of::group, "servers", "+1"}};
  CHECK(one.after == second);
  before.routes.resize(8);
  after.routes.resize(8);
  CHECK(pairs_of(before, after)->comparisons.size() == 8);
}

TEST_CASE("values with variables of the site's own are left out") {
  const auto pairs = pairs_of(
      {.file = "a",
       .routes = {{"x",
                   {{"proxy_set_header", "Host $host\nConnection $upgrade", "a:1"}},
                   1,
                   Protocol::http}},
       .diagnostics = {}},
      {.file = "b",
       .routes =
           {{"y", {{"proxy_set_header", "Host $host\nX-A $upgrade", "b:1"}}, 1, Protocol::http}},
       .diagnostics = {}});
  REQUIRE(pairs);
  REQUIRE(pairs->comparisons.size() == 1);
  CHECK(*pairs->comparisons[0].before.front().value == "Host $host");
}

TEST_CASE("words that are no directives are no load on each location") {
  const std::string file = "/tmp/badgate-change-words-" + std::to_string(::getpid()) + ".conf";
  {
    std::ofstream out(file);
    out << "http { proxy_read_timeout 20s;\n";
    for (int i = 0; i < 1000; ++i)
      out << "unknown" << i << " on;\n";
    out << "server { location / { proxy_pass http://10.0.0.1; } } }\n";
  }
  const Config config = read_config(file);
  std::remove(file.c_str());
  REQUIRE(config.routes.size() == 1);
  const auto& said = config.routes[0].said;
  CHECK(said.size() == 257);
  CHECK(said[1].name == "proxy_read_timeout");
}

TEST_CASE("what would not start is told without control characters") {
  const Route route{"location /\x1b[31m", {{"proxy_buffer_size", "1m", "a:1"}}, 1, Protocol::http};
  const Config before{.file = "a", .routes = {route}, .diagnostics = {}};
  const auto pairs = pairs_of(before, settings({"proxy_read_timeout=9s"}));
  REQUIRE_FALSE(pairs);
  CHECK(pairs.error().message.find("location /<1B>[31m: nginx would not start") !=
        std::string::npos);
}

TEST_CASE("a configuration of nginx, location by location") {
  const std::string file = "/tmp/badgate-change-" + std::to_string(::getpid()) + ".conf";
  std::ofstream(file) << R"(
events { worker_connections 64; }
http {
  proxy_read_timeout 20s;
  upstream app { server 10.0.0.1:80 max_fails=3; server 10.0.0.2:80 max_fails=3 weight=2; keepalive 16; }
  server {
    listen 80;
    server_name shop.example;
    location / { proxy_pass http://app; }
    location /api/ { proxy_pass http://app; proxy_read_timeout 5s; }
    location ~ \.php$ { fastcgi_pass unix:/run/php.sock; }
    location /static/ { root /srv; }
  }
}
)";
  const Config config = read_config(file);
  std::remove(file.c_str());
  for (const Diagnostic& d : config.diagnostics)
    FAIL_CHECK(harness::to_text(d));
  REQUIRE(config.routes.size() == 3);
  const auto value = [&](std::size_t route, const std::string& name) {
    for (const Said& said : config.routes[route].said) {
      if (said.name == name) return said.value + " " + said.where.substr(said.where.rfind(':'));
    }
    return std::string();
  };
  CHECK(config.routes[0].name == "shop.example location /");
  CHECK(value(0, "proxy_read_timeout") == "20s :4");
  CHECK(value(1, "proxy_read_timeout") == "5s :10");
  CHECK(value(1, "group.keepalive") == "16 :5");
  CHECK(value(1, "server.max_fails") == "3 :5");
  CHECK(value(1, "server.weight") == "");
  CHECK(value(1, "worker_connections") == "64 :2");
  CHECK(config.routes[1].servers == 2);
  CHECK(config.routes[1].protocol == Protocol::http);
  CHECK(config.routes[2].protocol == Protocol::fastcgi);
}
