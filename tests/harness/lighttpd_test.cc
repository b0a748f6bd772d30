// What lighttpd's driver writes and reads; where there is a lighttpd, also what it does.
#include "harness/drivers/lighttpd.h"

#include <doctest/doctest.h>

#include "tests/harness/driver_fixture.h"

using namespace badgate;
using namespace badgate::harness;
using namespace badgate::tests;
using namespace std::chrono_literals;

namespace {

net::Result<std::string> rendered(const std::string& text) {
  return drivers::lighttpd_config(setup_of(text), place(), true);
}

std::string lines_of(const std::string& text) {
  return lines_behind(rendered(text), "accesslog.format");
}

}  // namespace

TEST_CASE("a scenario's settings as lighttpd's configuration") {
  const auto config = rendered("[[upstream.app]]");
  REQUIRE(config);
  for (const char* line :
       {"server.bind = \"127.0.0.1\"\n", "server.port = 8080\n",
        "server.pid-file = \"/folder/pid\"\n", "accesslog.filename = \"|exec cat >&3\"\n"}) {
    CAPTURE(line);
    CHECK(config->find(line) != config->npos);
  }
  CHECK(lines_of(R"(
[proxy]
proxy_connect_timeout = "2s"
proxy_read_timeout = "3s"
proxy_buffering = "off"
client_max_body_size = "10m"
keepalive_timeout = "10s"
proxy_set_header = ["Upgrade $http_upgrade", "Connection upgrade", "X-Text shop", "Host $host"]
[[upstream.app]]
fail_timeout = "30s"
[[upstream.app]]
max_fails = 0
[[upstream.app]]
down = true
)") == R"(server.max-keep-alive-idle = 10
server.max-request-size = 10240
server.stream-response-body = 2
setenv.set-request-header += ("X-Text" => "shop")
proxy.balance = "round-robin"
proxy.server = ( "" => (
("host"=>"127.0.0.1","port"=>9000,"connect-timeout"=>2,"read-timeout"=>3,"write-timeout"=>60,"disable-time"=>30),
("host"=>"127.0.0.1","port"=>9001,"connect-timeout"=>2,"read-timeout"=>3,"write-timeout"=>60,"disable-time"=>0),
))
proxy.header = ("upgrade" => "enable", )
)");
  CHECK(lines_of(R"(
[proxy]
fastcgi_pass = "app"
fastcgi_read_timeout = "3s"
include = "fastcgi_params"
fastcgi_param = "SCRIPT_FILENAME /srv/app$fastcgi_script_name"
[[upstream.app]]
protocol = "fastcgi"
)") == R"(fastcgi.balance = "round-robin"
fastcgi.server = ( "" => (
("host"=>"127.0.0.1","port"=>9000,"connect-timeout"=>60,"read-timeout"=>3,"write-timeout"=>60,"check-local"=>"disable","docroot"=>"/srv/app"),
))
)");
}

TEST_CASE("what lighttpd has nothing like is a skip that names it") {
  const auto reason = [](const std::string& text) { return reason_of_skip(rendered(text)); };
  CHECK(reason("[proxy]\nproxy_next_upstream = \"off\"\n[[upstream.app]]") ==
        "lighttpd has nothing like proxy_next_upstream");
  CHECK(reason("[[upstream.app]]\n[group.app]\nkeepalive = 4") ==
        "lighttpd has nothing like connections to servers that are kept");
  CHECK(reason("[[upstream.app]]\nweight = 2") == "lighttpd has nothing like weight");
  CHECK(reason("[proxy]\nproxy_connect_timeout = \"500ms\"\n[[upstream.app]]") ==
        "lighttpd has nothing like a time to wait of 500ms: its times are whole seconds");
  CHECK(reason("[proxy]\nclient_max_body_size = \"1000\"\n[[upstream.app]]") ==
        "lighttpd has nothing like a client_max_body_size that is not in whole kilobytes");
}

TEST_CASE("lines of lighttpd's error log") {
  Logged logged;
  logged.recorder.names().add(net::Address::loopback(9000), "app[0]");
  for (const char* line :
       {"2026-11-22 22:36:06: (server.c.1704) server started (lighttpd/1.4.69)",
        "2026-11-22 22:36:06: (gw_backend.c.274) establishing connection failed: socket: "
        "tcp:127.0.0.1:9000: Connection refused",
        "2026-11-22 22:36:08: (gw_backend.c.351) gw-server re-enabled: tcp:127.0.0.1:9000",
        "no such form", "2026-11-22 22:36:06: (", ""})
    drivers::lighttpd_error_line(line, logged.recorder);
  const auto& lines = logged.recorder.outcome().error_log;
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].code == "gw_backend.c.274");
  CHECK(lines[0].message ==
        "establishing connection failed: socket: tcp:app[0]: Connection refused");
  CHECK(lines[1].code.empty());
}

TEST_CASE("lines of lighttpd's access log") {
  Logged logged;
  drivers::lighttpd_access_line("41000 504 353 60004122 | \"GET / HTTP/1.1\" status=504",
                                logged.recorder);
  drivers::lighttpd_access_line("no such form", logged.recorder);
  const auto& entries = logged.recorder.outcome().access;
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].client_port == 41000);
  CHECK(entries[0].status == 504);
  CHECK(entries[0].body_bytes_sent == 353);
  CHECK(entries[0].request_time == 60004122us);
  CHECK(entries[0].line == "\"GET / HTTP/1.1\" status=504");
}

TEST_CASE("a real lighttpd says 503 where nobody listens, and why") {
  if (const auto outcome = refused_on("lighttpd", "1.4."))
    CHECK(outcome->error_log[0].message.starts_with("establishing connection failed"));
}
