// What a HAProxy configuration means: effective settings and where they are from, servers, and the
// pair that a line speaks of.
#include "harness/haproxy_cfg/site.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <string>

#include "harness/evidence/evidence.h"
#include "harness/haproxy_cfg/pair.h"
#include "harness/reproduce/configured_haproxy.h"

namespace badgate::harness::haproxy_cfg {
namespace {

using namespace std::chrono_literals;

Site site_in(std::string_view text) {
  auto file = read_text(text, "haproxy.cfg");
  INFO(to_text(file.diagnostics));
  REQUIRE(file.ok());
  return site_of(std::move(file));
}

Site shop() {
  auto file = read(BADGATE_SOURCE "/tests/haproxy_configs/shop.cfg");
  REQUIRE(to_text(file.diagnostics) == "");
  file.path = "haproxy.cfg";
  return site_of(std::move(file));
}

// "value:line"
std::string told(const Proxy* proxy, std::string_view setting) {
  REQUIRE(proxy != nullptr);
  const Setting found = proxy->setting(setting);
  return fmt::format("{}:{}", found.value, found.from.line);
}

TEST_CASE("Times have HAProxy's units") {
  CHECK(parse_time("1500") == 1500ms);
  CHECK(parse_time("1500us") == 1500us);
  CHECK(parse_time("3s") == 3s);
  CHECK(parse_time("5m") == 5min);
  CHECK(parse_time("2h") == 2h);
  CHECK(parse_time("1d") == 24h);
  CHECK(parse_time("0") == 0s);
  for (const char* text :
       {"", "s", "-1", "3x", "1m30s", "9999999999s", "25d", "99999999999999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_time(text));
  }
}

TEST_CASE("A proxy's settings are its own, or its defaults', or HAProxy's") {
  const Site site = site_in(
      "defaults base\n  mode http\n  timeout server 9s\n  retries 5\n  option httpclose\n"
      "defaults\n  mode http\n  timeout server 8s\n  option redispatch 2\n  errorfile 503 /a\n"
      "frontend web\n  bind :80\n  default_backend one\n"
      "backend one\n  timeout server 7s\n  no option redispatch\n  errorfile 502 /b\n  server s "
      "10.0.0.1\n"
      "backend two from base\n  option http-server-close\n  server s 10.0.0.1\n"
      "backend three\n  default option redispatch\n  server s 10.0.0.1\n");
  const Proxy* one = site.find_backend("one");
  CHECK(told(one, "timeout server") == "7s:15");
  CHECK(told(one, "option redispatch") == "off:16");
  CHECK(told(one, "retries") == "3:0");
  CHECK(told(one, "errorfile 503") == "/a:10");
  CHECK(told(one, "errorfile 502") == "/b:17");
  CHECK(told(one, "http-reuse") == "safe:0");
  const Proxy* two = site.find_backend("two");
  CHECK(told(two, "timeout server") == "9s:3");
  CHECK(told(two, "retries") == "5:4");
  CHECK(told(two, "errorfile 503") == ":0");
  CHECK_FALSE(two->option("httpclose"));  // the mode that is said last counts
  CHECK(two->option("http-server-close"));
  CHECK(two->timeout("server") == 9s);
  CHECK_FALSE(two->timeout("queue"));
  CHECK(site.find_backend("three")->find("option redispatch") == nullptr);
  const Proxy* web = site.find_frontend("web");
  CHECK(told(web, "option redispatch") == "on 2:9");
  CHECK(keeps_server_connections(*web, *one));
  CHECK_FALSE(keeps_server_connections(*web, *two));
  CHECK(connection_mode(*web, *two)->from.line == 20);
  CHECK(connection_mode(*web, *one) == nullptr);
  CHECK(site.find_backend("web") == nullptr);
  CHECK(site.find_frontend("one") == nullptr);
}

TEST_CASE("Servers have the parameters of default-server, and addresses of all kinds") {
  const Site site = site_in(
      "defaults\n  default-server check inter 5s\n"
      "backend b\n  server a 10.0.0.1:80 inter 1s weight 5 backup\n"
      "  default-server maxconn 7\n  server b [2001:db8::1]:81 no-check\n"
      "  server c unix@/run/a.sock\n  server d app.internal:8080 ssl verify required ca-file x\n"
      "  server e ::1:83\n  server f 10.0.0.2\n  server-template t 2-3 pool.internal:90 "
      "disabled\n");
  const Proxy* b = site.find_backend("b");
  REQUIRE(b != nullptr);
  REQUIRE(b->servers.size() == 8);
  const auto& a = b->servers[0];
  CHECK(a.parameters.at("inter").value == "1s");
  CHECK(a.parameters.at("check").from.line == 2);
  CHECK(a.has("backup"));
  CHECK_FALSE(a.has("maxconn"));
  CHECK(b->servers[1].parameters.at("maxconn").value == "7");
  CHECK_FALSE(b->servers[1].has("check"));
  CHECK(b->servers[1].host() == "2001:db8::1");
  CHECK(b->servers[1].port() == 81);
  CHECK(b->servers[2].is_unix());
  CHECK(b->servers[2].path() == "/run/a.sock");
  CHECK_FALSE(b->servers[2].is_name());
  CHECK(b->servers[3].is_name());
  CHECK(b->servers[3].parameters.at("verify").value == "required");
  CHECK(b->servers[4].host() == "::1");
  CHECK(b->servers[4].port() == 83);
  CHECK_FALSE(b->servers[5].port());
  CHECK_FALSE(b->servers[0].is_name());
  CHECK(b->servers[6].name == "t2");
  CHECK(b->servers[7].name == "t3");
  CHECK(b->servers[7].has("disabled"));
}

TEST_CASE("The pair that a line names, or the nearest name") {
  const Site site = shop();
  const auto found = find_pair(site, "http-in", "shop/web3");
  REQUIRE(found);
  CHECK(found->frontend->name == "http-in");
  CHECK(found->backend->name == "shop");
  CHECK(found->server->address == "10.0.0.3:8080");
  CHECK(find_pair(site, "http-in", "shop/<NOSRV>")->server == nullptr);
  CHECK(find_pair(site, "http-in", "http-in/<NOSRV>")->backend->name == "shop");
  const auto wrong = [&](const char* frontend, const char* whom) {
    const auto pair = find_pair(site, frontend, whom);
    REQUIRE_FALSE(pair);
    return pair.error().message;
  };
  CHECK(wrong("http-inn", "shop/web1") ==
        "haproxy.cfg has no frontend \"http-inn\"; did you mean \"http-in\"?");
  CHECK(wrong("http-in", "shp/web1") ==
        "haproxy.cfg has no backend \"shp\"; did you mean \"shop\"?");
  CHECK(wrong("http-in", "shop/wbe1") ==
        "backend \"shop\" of haproxy.cfg has no server \"wbe1\"; did you mean \"web1\"?");
  CHECK(wrong("http-in", "zzzz/web1") == "haproxy.cfg has no backend \"zzzz\"");
  CHECK(wrong("http-in", "shop/<STATS>").find("statistics") != std::string::npos);
  const Site tcp = site_in("listen db\n  bind :1\n  server s 10.0.0.1:5\n");
  CHECK(find_pair(tcp, "db", "db/s").error().message.find("is not in mode http") !=
        std::string::npos);
}

evidence::Evidence line_of(const std::string& whom, const std::string& code) {
  return *evidence::read_line("lb haproxy[1]: 10.0.1.2:33317 [23/Nov/2026:04:15:25.655] http-in~ " +
                              whom + " 10/0/30/-1/60042 504 194 - - " + code +
                              " 4/4/0/1/0 0/0 \"GET / HTTP/1.1\"");
}

std::string directive(const reproduce::Configured& configured, std::string_view name) {
  const auto* found = reproduce::find(configured.directives, name);
  return found == nullptr ? "" : found->value + "  # " + found->comment;
}

TEST_CASE("A scenario has the pair's settings, each with the place that it is from") {
  const Site site = shop();
  const auto made = reproduce::configured_by(site, line_of("shop/web1", "sH--"));
  REQUIRE(made);
  const std::string file = site.proxies.front().position.file;
  CHECK(directive(*made, "proxy_read_timeout").starts_with("\"20s\"  # " + file));
  CHECK(directive(*made, "proxy_connect_timeout").starts_with("\"4s\""));
  CHECK(directive(*made, "client_header_timeout").ends_with(": timeout http-request"));
  CHECK(directive(*made, "keepalive_timeout").starts_with("\"5s\""));
  CHECK(directive(*made, "client_body_timeout").starts_with("\"25s\""));
  CHECK(directive(*made, "proxy_next_upstream") == "");
  CHECK(made->group == "shop");
  CHECK(made->of_group.front().name == "keepalive");
  REQUIRE(made->servers.size() == 3);
  CHECK(made->servers[0].address == "web1 10.0.0.1:8080");
  CHECK(made->servers[0].lines.front().value == "\"2\"");
  CHECK(made->servers[2].lines.front().name == "backup");
  std::string left_out;
  for (const auto& one : made->left_out)
    left_out += one.substr(0, one.find(" (")) + ";";
  CHECK(left_out.find("retries 2;") != std::string::npos);
  CHECK(left_out.find("inter 2s;") != std::string::npos);
  CHECK(left_out.find("http-request deny;") != std::string::npos);

  const auto api = reproduce::configured_by(site, line_of("api/api1", "sH--"));
  REQUIRE(api);
  CHECK(directive(*api, "proxy_read_timeout").starts_with("\"3s\""));
  CHECK(directive(*api, "proxy_next_upstream").starts_with("\"off\""));
  CHECK(api->of_group.empty());
  const auto media = reproduce::configured_by(site, line_of("media/files", "sH--"));
  CHECK(media->servers.front().lines.front().name == "transport");
  const auto reports = reproduce::configured_by(site, line_of("reports/rep1", "sH--"));
  CHECK(directive(*reports, "proxy_pass").starts_with("\"https://reports\""));
  CHECK(directive(*reports, "proxy_read_timeout").starts_with("\"2m\""));
  CHECK(reports->servers.front().lines.front().name == "tls");
}

TEST_CASE("A line that tells of a timeout is not of a configuration that sets none") {
  const Site site = site_in(
      "defaults\n  mode http\nfrontend http-in\n  bind :80\n  default_backend shop\n"
      "backend shop\n  timeout connect 0\n  server web1 10.0.0.1:80\n");
  for (const auto& [code, timeout] :
       {std::pair("sH--", "timeout server"), std::pair("sC--", "timeout connect"),
        std::pair("cR--", "timeout http-request"), std::pair("sQ--", "timeout queue")}) {
    const auto made = reproduce::configured_by(site, line_of("shop/web1", code));
    REQUIRE_FALSE(made);
    CHECK(made.error().message.find(timeout) != std::string::npos);
  }
  CHECK(reproduce::configured_by(site, line_of("shop/web1", "SH--")));
}

TEST_CASE("What servers are given by their defaults is bounded, all together") {
  std::string text = "backend app\n";
  for (int i = 0; i < 2400; ++i)
    text += (i % 60 == 0 ? "\n  default-server p" : " p") + std::to_string(i);
  text += "\n";
  for (int i = 0; i < 2000; ++i)
    text += "  server s" + std::to_string(i) + " 10.0.0.1:80\n";
  const Site site = site_of(read_text(text + "  server-template t 1-900 10.0.0.1:80\n", "h.cfg"));
  REQUIRE(site.proxies.size() == 1);
  const auto& servers = site.proxies.front().servers;
  CHECK(servers.size() > 100);
  CHECK(servers.size() < 1000);
  CHECK(servers.back().parameters.size() == 2400);
}

}  // namespace
}  // namespace badgate::harness::haproxy_cfg
