// What a configuration means: groups, locations, settings with inheritance and where they are said.
#include "harness/nginx_conf/site.h"

#include <doctest/doctest.h>

#include <string>

#include "harness/nginx_conf/locate.h"

namespace badgate::harness::nginx_conf {
namespace {

Site site_in(std::string_view text) {
  const Tree tree = read_text(text, "nginx.conf");
  INFO(to_text(tree.diagnostics));
  REQUIRE(tree.ok());
  return site_of(tree);
}

LocationRef at(const Site& site, std::string_view host, std::string_view uri) {
  const auto found = locate(site, host, uri);
  REQUIRE(found);
  return *found;
}

std::string pattern_at(const Site& site, std::string_view uri) {
  return site.location(at(site, "", uri)).pattern;
}

TEST_CASE("Settings are inherited, lists as a whole, and known by their lines") {
  const Site site = site_in(R"(http {
  proxy_read_timeout 10s;
  proxy_set_header A 1;
  proxy_set_header B 2;
  server {
    proxy_read_timeout 20s;
    location /a/ {
      proxy_pass http://10.0.0.1:80;
      location /a/b/ { proxy_pass http://10.0.0.1:80; proxy_set_header C 3; }
    }
  }
})");
  const LocationRef outer = at(site, "", "/a/x");
  const LocationRef inner = at(site, "", "/a/b/x");
  CHECK(site.setting(outer, "proxy_read_timeout").value == "20s");
  CHECK(site.setting(outer, "proxy_read_timeout").from.line == 6);
  CHECK(site.setting(outer, "proxy_set_header").value == "A 1\nB 2");
  CHECK(site.setting(outer, "proxy_set_header").from.line == 3);
  CHECK(site.setting(inner, "proxy_set_header").value == "C 3");
  CHECK(site.setting(inner, "proxy_read_timeout").value == "20s");
  const Setting connect = site.setting(inner, "proxy_connect_timeout");
  CHECK(connect.value == "60s");
  CHECK(connect.is_default());
  CHECK(site.settings(inner).contains("proxy_read_timeout"));
  CHECK(site.groups.size() == 1);
}

TEST_CASE("Whom a location passes to") {
  struct Case {
    const char* directive;
    const char* group;  // empty: it cannot be known
    const char* uri;
    bool tls;
    Pass::Protocol protocol;
  };
  const Case cases[] = {
      {"proxy_pass http://app;", "app", "", false, Pass::Protocol::http},
      {"proxy_pass https://app/x/;", "app", "/x/", true, Pass::Protocol::http},
      {"proxy_pass http://unix:/run/a.sock:/x;", "unix:/run/a.sock", "/x", false,
       Pass::Protocol::http},
      {"set $t app; proxy_pass http://$t;", "app", "", false, Pass::Protocol::http},
      {"proxy_pass http://$pool$request_uri;", "", "", false, Pass::Protocol::http},
      {"proxy_pass http://$mapped/;", "app", "/", false, Pass::Protocol::http},
      {"proxy_pass http://${mapped}:81;", "app:81", "", false, Pass::Protocol::http},
      {"proxy_pass http://$http_host;", "", "", false, Pass::Protocol::http},
      {"fastcgi_pass unix:/run/php.sock;", "unix:/run/php.sock", "", false,
       Pass::Protocol::fastcgi},
      {"grpc_pass grpcs://app;", "app", "", true, Pass::Protocol::grpc},
      {"uwsgi_pass 127.0.0.1:3031;", "127.0.0.1:3031", "", false, Pass::Protocol::uwsgi},
  };
  for (const Case& c : cases) {
    CAPTURE(c.directive);
    const Site site = site_in(
        "http { map $host $mapped { a other; default app; } upstream app { server 10.0.0.1; }"
        " server { location / { " +
        std::string(c.directive) + " } } }");
    const LocationRef ref = at(site, "", "/");
    const Pass& pass = site.pass(ref);
    CHECK(pass.protocol == c.protocol);
    CHECK(pass.tls == c.tls);
    const Group* group = site.group(ref);
    CHECK((group != nullptr ? group->name : "") == c.group);
    if (group != nullptr) CHECK(pass.uri.value_or("") == c.uri);
    if (group != nullptr) CHECK(group->is_block == (group->name == "app"));
  }
}

TEST_CASE("A path that a location matches") {
  const std::pair<const char*, const char*> cases[] = {
      {"/a/", "/a/"},
      {"= /a", "/a"},
      {"~ \\.php$", "/index.php"},
      {"~ \\.(php|phtml)$", "/index.php"},
      {"~* ^/API/(?:v1|v2)/.*", "/API/v1/x"},
      {"~ ^/u/(?<id>\\d+)$", "/u/1"},
      {"~ [^/]\\.php(/|$)", "/x.php/"},
      {"~ ^(a|b", "/"},
      {"~ \"^/x/[0-9]{2}$\"", "/"},
      {"@named", "/"},
  };
  for (const auto& [location, path] : cases) {
    CAPTURE(location);
    const Site site = site_in("server { location " + std::string(location) +
                              " { proxy_pass http://a; if ($a) { proxy_pass http://b; } } }");
    CHECK(path_for(site.servers[0], 0) == path);
    CHECK(path_for(site.servers[0], 1) == path);
  }
}

TEST_CASE("A location's own variables are before its server's, and these before a map's") {
  const Site site = site_in(R"(http { map $host $a { default mapped; } map $host $b { default m; }
  server {
    set $a server; set $c $b;
    location / { proxy_pass http://$a.$b.$c; }
    location /own/ { set $a own; set $b $a; proxy_pass http://$a.$b.$c; }
  }
})");
  CHECK(site.pass(at(site, "", "/")).resolved == "http://server.m.m");
  CHECK(site.pass(at(site, "", "/own/")).resolved == "http://own.own.own");
}

TEST_CASE("Requests find their location as nginx finds it") {
  const Site site = site_in(R"(http { server {
  location = /exact { proxy_pass http://a; }
  location /pre { proxy_pass http://a; location /pre/in { proxy_pass http://a; } }
  location ^~ /static/ { proxy_pass http://a; }
  location ~ \.php$ { fastcgi_pass a; }
  location ~* \.PNG$ { proxy_pass http://a; }
  location / { proxy_pass http://a; if ($a) { proxy_pass http://b; } limit_except GET { deny all; } }
  location @named { proxy_pass http://a; }
} })");
  CHECK(pattern_at(site, "/exact") == "/exact");
  CHECK(pattern_at(site, "/exact/") == "/");
  CHECK(pattern_at(site, "/prefix?x.php") == "/pre");
  CHECK(pattern_at(site, "/pre/inner") == "/pre/in");
  CHECK(pattern_at(site, "/pre/x.php") == "\\.php$");
  CHECK(pattern_at(site, "/static/x.php") == "/static/");
  CHECK(pattern_at(site, "/x.png") == "\\.PNG$");
  CHECK(pattern_at(site, "@named") == "@named");
  CHECK(site.passing().size() == 9);
  CHECK(site.servers[0].locations.back().title() == "location @named");
}

TEST_CASE("Requests find their server by the Host") {
  const Site site = site_in(R"(http {
  server { listen 80; server_name a.example; location / {} }
  server { listen 80 default_server; server_name _; location / {} }
  server { listen 80; server_name *.b.example .c.example d.*; location / {} }
  server { listen 443 ssl; server_name ~^e\d+\.example$; location / {} }
})");
  CHECK(find_server(site, "a.example:8080") == 0);
  CHECK(find_server(site, "x.b.example") == 2);
  CHECK(find_server(site, "c.example") == 2);
  CHECK(find_server(site, "d.org") == 2);
  CHECK(find_server(site, "e12.example") == 3);
  CHECK(find_server(site, "b.example") == 1);
  CHECK(site.servers[3].tls());
  CHECK(site.servers[1].title() == "*:80");
}

TEST_CASE("A part of a configuration is read as one") {
  CHECK(site_in("server { location / { proxy_pass http://a; } }").passing().size() == 1);
  CHECK(site_in("location / { proxy_pass http://a; }").passing().size() == 1);
  CHECK(site_in("upstream a { server b; server c backup; }").groups[0].servers[1].has("backup"));
}

}  // namespace
}  // namespace badgate::harness::nginx_conf
