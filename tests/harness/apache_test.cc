// What Apache's driver writes and reads; where there is an Apache, also what it does.
#include <doctest/doctest.h>

#include "harness/drivers/apache.h"
#include "tests/harness/driver_fixture.h"

using namespace badgate;
using namespace badgate::harness;
using namespace badgate::tests;
using namespace std::chrono_literals;

namespace {

net::Result<std::string> rendered(const std::string& text) {
  return drivers::apache_config(setup_of(text), place(), {.modules = "/modules", .as_root = true});
}

std::string lines_of(const std::string& text) {
  return lines_behind(rendered(text), "CustomLog ");
}

}  // namespace

TEST_CASE("a scenario's settings as Apache's configuration") {
  const auto config = rendered("[[upstream.app]]");
  REQUIRE(config);
  for (const char* line :
       {"LoadModule mpm_event_module /modules/mod_mpm_event.so\n", "User nobody\n",
        "ServerRoot /folder\n", "Listen 127.0.0.1:8080\n", "CustomLog /log badgate\n"}) {
    CAPTURE(line);
    CHECK(config->find(line) != config->npos);
  }
  CHECK(config->find("mod_ssl.so") == config->npos);

  CHECK(lines_of("[[upstream.app]]") ==
        "ProxyPass / http://127.0.0.1:9000/ connectiontimeout=60000ms timeout=60 "
        "disablereuse=on\n");
  CHECK(lines_of(R"(
[proxy]
proxy_connect_timeout = "500ms"
proxy_read_timeout = "2s"
proxy_next_upstream = "off"
client_max_body_size = "10m"
client_body_timeout = "5s"
keepalive_timeout = "10s"
proxy_set_header = ["X-Real-IP $remote_addr", "X-Text shop", "Cookie ''", "Host $host"]
[[upstream.app]]
weight = 2
max_fails = 0
[[upstream.app]]
backup = true
fail_timeout = "30s"
[group.app]
keepalive = 4
)") == R"(Timeout 5
RequestReadTimeout body=0
LimitRequestBody 10485760
KeepAliveTimeout 10000ms
RequestHeader set X-Real-IP expr=%{REMOTE_ADDR}
RequestHeader set X-Text "shop"
RequestHeader unset Cookie
ProxyPreserveHost On
<Proxy balancer://app>
BalancerMember http://127.0.0.1:9000 connectiontimeout=500ms timeout=2 retry=0 ttl=60 loadfactor=2
BalancerMember http://127.0.0.1:9001 connectiontimeout=500ms timeout=2 retry=30 ttl=60 status=+H
ProxySet maxattempts=0
</Proxy>
ProxyPass / balancer://app/
)");
}

TEST_CASE("FastCGI, WebSocket and TLS as Apache has them") {
  CHECK(lines_of(R"(
[proxy]
fastcgi_pass = "app"
fastcgi_read_timeout = "3s"
include = "fastcgi_params"
fastcgi_param = "SCRIPT_FILENAME /srv/app$fastcgi_script_name"
[[upstream.app]]
protocol = "fastcgi"
)") == "ProxyPass / fcgi://127.0.0.1:9000/srv/app/ connectiontimeout=60000ms timeout=3\n");
  CHECK(lines_of(R"(
[proxy]
proxy_http_version = "1.1"
proxy_set_header = ["Upgrade $http_upgrade", "Connection upgrade"]
[[upstream.app]]
)") == "ProxyPass / http://127.0.0.1:9000/ connectiontimeout=60000ms timeout=60 disablereuse=on "
       "upgrade=websocket\n");
  const auto tls = lines_of(R"(
[proxy]
proxy_pass = "https://app"
proxy_ssl_protocols = "TLSv1.2 TLSv1.3"
[[upstream.app]]
tls = {}
)");
  CHECK(tls.find("SSLProxyVerify none\nSSLProxyCheckPeerName off\n") != tls.npos);
  CHECK(tls.find("SSLProxyProtocol -all +TLSv1.2 +TLSv1.3\n") != tls.npos);
  CHECK(tls.find("ProxyPass / https://127.0.0.1:9000/ ") != tls.npos);
}

TEST_CASE("what Apache has nothing like is a skip that names it") {
  const auto reason = [](const std::string& text) { return reason_of_skip(rendered(text)); };
  CHECK(reason("[proxy]\nproxy_buffer_size = \"8k\"\n[[upstream.app]]") ==
        "apache has nothing like proxy_buffer_size");
  CHECK(reason("[proxy]\nproxy_next_upstream = \"error http_503\"\n[[upstream.app]]") ==
        "apache has nothing like proxy_next_upstream but \"off\"");
  CHECK(reason("[proxy]\nproxy_read_timeout = \"1500ms\"\n[[upstream.app]]") ==
        "apache has nothing like a time to wait of 1.5s: its times are whole seconds");
  CHECK(reason("[[upstream.app]]\nmax_fails = 3") ==
        "apache has nothing like max_fails but 0 and 1");
  CHECK(reason("[proxy]\nproxy_set_header = \"X-Id $request_id\"\n[[upstream.app]]") ==
        "apache has nothing like proxy_set_header X-Id $request_id");
}

TEST_CASE("lines of Apache's error log") {
  Logged logged;
  logged.recorder.names().add(net::Address::loopback(9000), "app[0]");
  drivers::apache_error_line(
      "[proxy:error] (111)Connection refused: AH00957: http: attempt to connect to "
      "127.0.0.1:9000 (127.0.0.1:9000) failed",
      logged.recorder);
  drivers::apache_error_line(
      "[proxy:error] [client 127.0.0.1:41000] AH00898: Error reading from remote server "
      "returned by /",
      logged.recorder);
  drivers::apache_error_line("[mpm_event:notice] AH00489: Apache/2.4.71 configured",
                             logged.recorder);
  drivers::apache_error_line("no such form", logged.recorder);
  drivers::apache_error_line("[core:error] OAH 1 AHA AH0089: has no number", logged.recorder);
  const auto& lines = logged.recorder.outcome().error_log;
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].code == "AH00957");
  CHECK(lines[0].level == "error");
  CHECK(lines[0].message ==
        "(111)Connection refused: AH00957: http: attempt to connect to app[0] (app[0]) failed");
  CHECK(lines[1].code == "AH00898");
  CHECK(lines[2].code.empty());
}

TEST_CASE("lines of Apache's access log") {
  Logged logged;
  logged.recorder.names().add(net::Address::loopback(9000), "app[0]");
  drivers::apache_access_line("41000 503 299 2000411 http://127.0.0.1:9000 - | \"GET / HTTP/1.1\"",
                              logged.recorder);
  drivers::apache_access_line("41000 200 2 419 - 53112 | \"GET / HTTP/1.1\"", logged.recorder);
  drivers::apache_access_line("", logged.recorder);
  const auto& entries = logged.recorder.outcome().access;
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].client_port == 41000);
  CHECK(entries[0].nth == 1);
  CHECK(entries[1].nth == 2);
  CHECK(entries[0].status == 503);
  CHECK(entries[0].body_bytes_sent == 299);
  CHECK(entries[0].request_time == 2000411us);
  REQUIRE(entries[0].attempts.size() == 1);
  CHECK(entries[0].attempts[0].server == "app[0]");
  CHECK(entries[1].attempts.empty());
  CHECK(entries[1].line == "\"GET / HTTP/1.1\"");
}

TEST_CASE("a real Apache says 503 where nobody listens, and why") {
  if (const auto outcome = refused_on("apache", "2.4."))
    CHECK(outcome->error_log[0].code == "AH00957");
}
