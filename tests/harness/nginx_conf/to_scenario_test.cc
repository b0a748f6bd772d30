// Locations as scenarios: they load, and behave as the configuration says.
#include "harness/nginx_conf/to_scenario.h"
#include "harness/toml_text.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "harness/load.h"
#include "harness/nginx_conf/locate.h"
#include "harness/run.h"

namespace badgate::harness::nginx_conf {
namespace {

constexpr const char* kShop = R"(worker_processes auto;
events { worker_connections 1024; }
http {
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  upstream app { server 10.0.0.1:8080 max_fails=2; server unix:/run/b.sock backup; keepalive 8 ; }
  limit_req_zone $binary_remote_addr zone=one:10m rate=5r/s;
  gzip on;
  server {
    server_name shop.example;
    proxy_read_timeout 7s;
    proxy_set_header Host $host;
    proxy_set_header Connection $connection_upgrade;
    proxy_http_version 1.1;
    error_page 504 /sorry.html;
    error_page 502 @other;
    location = /sorry.html { root /srv; }
    location @other { proxy_pass http://10.0.0.9; }
    location / { proxy_pass http://app; auth_request /auth; limit_req zone=one burst=5; }
    location /api/ { proxy_pass http://app/v1/; proxy_next_upstream off; }
    location /tls/ { proxy_pass https://secure.internal; proxy_ssl_verify on; proxy_ssl_trusted_certificate /etc/ca.pem; }
    location ~ \.php$ { fastcgi_pass unix:/run/php.sock; include fastcgi_params; fastcgi_read_timeout 9s; }
    location /rpc/ { grpc_pass grpc://app; }
    location /any/ { proxy_pass http://$http_host; }
  }
})";

net::Result<Skeleton> skeleton_at(const std::string& uri) {
  const Tree tree = read_text(kShop, "shop.conf");
  INFO(to_text(tree.diagnostics));
  REQUIRE(tree.ok());
  const Site site = site_of(tree);
  const auto ref = locate(site, "shop.example", uri);
  REQUIRE(ref);
  return skeleton_of(site, *ref);
}

Outcome played(Skeleton skeleton, const std::string& fault) {
  if (!fault.empty()) skeleton.groups[0].servers[0].lines.push_back({"fault", fault, {}});
  const std::string text =
      "title = \"t\"\n" + to_toml(skeleton) + "\n[[request]]\npath = \"" + skeleton.path + "\"\n";
  CAPTURE(text);
  const Loaded loaded = load_text(text, "t.toml", "t");
  INFO(to_text(loaded.diagnostics));
  REQUIRE(loaded.ok());
  return run(loaded.scenarios[0], {});
}

TEST_CASE("Healthy servers answer") {
  for (const char* uri : {"/", "/api/x", "/tls/", "/index.php"}) {
    CAPTURE(uri);
    const auto skeleton = skeleton_at(uri);
    REQUIRE(skeleton);
    const Outcome outcome = played(*skeleton, "");
    CHECK(outcome.broken == "");
    REQUIRE(outcome.responses.size() == 1);
    CHECK(outcome.responses[0].status == 200);
  }
}

TEST_CASE("The location's own timeouts, retries and error pages are in force") {
  const std::string stuck = "{ slow = \"header\", delay = \"1h\" }";
  const Outcome retried = played(*skeleton_at("/"), stuck);
  CHECK(retried.responses[0].status == 200);
  CHECK(retried.responses[0].elapsed == std::chrono::seconds(7));
  const Outcome off = played(*skeleton_at("/api/x"), stuck);
  CHECK(off.responses[0].status == 504);
  CHECK(off.responses[0].body.find("the error page") != std::string::npos);
  const Outcome php = played(*skeleton_at("/index.php"), stuck);
  CHECK(php.responses[0].elapsed == std::chrono::seconds(9));
  const Outcome other = played(*skeleton_at("/api/x"), "{ down = \"refuse\" }");
  CHECK(other.responses[0].status == 502);  // error_page without "=" keeps it
  REQUIRE(other.access[0].attempts.size() == 2);
  CHECK(other.access[0].attempts[1].status == 200);
}

TEST_CASE("What a scenario cannot say is told") {
  const auto skeleton = skeleton_at("/");
  const bool told = std::ranges::any_of(skeleton->left_out, [](const LeftOut& one) {
    return one.directive == "auth_request /auth" && one.matters && one.position.line == 18;
  });
  CHECK(told);
  CHECK(to_toml(*skeleton).find("# shop.conf:10") != std::string::npos);
  CHECK(skeleton->host == "shop.example");
  CHECK(skeleton_at("/rpc/").error().message ==
        "badgate's own proxy does not speak grpc (grpc_pass)");
  CHECK(skeleton_at("/any/").error().message ==
        "a variable decides whom location /any/ passes to: http://$http_host");
}

}  // namespace
}  // namespace badgate::harness::nginx_conf
