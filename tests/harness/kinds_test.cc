// What is particular to each proxy: the configuration that is written for it, and what a line of
// its log tells. None of them is started here.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "harness/drivers/kinds.h"
#include "tests/harness/driver_fixture.h"

using namespace badgate;
using namespace badgate::harness;
using namespace badgate::tests;
using namespace std::chrono_literals;

namespace {

const std::string kTwo = R"(
[proxy]
proxy_connect_timeout = "2s"
proxy_read_timeout = "30s"
[[upstream.app]]
[[upstream.app]]
[[request]]
)";

std::string unknown_to(const drivers::Kind& kind, const std::string& directive) {
  return reason_of_skip(
      kind.render(setup_of("[proxy]\n" + directive + "\n[[upstream.app]]"), place()));
}

// What comes of lines of the access log.
AccessEntry entry_of(const drivers::Kind& kind, std::string_view lines, double scale = 1) {
  Logged logged;
  logged.recorder.log_times_scaled(scale);
  kind.access_line(lines, logged.recorder);
  REQUIRE(logged.recorder.outcome().access.size() == 1);
  return logged.recorder.outcome().access.front();
}

}  // namespace

TEST_CASE("Varnish's VCL") {
  const auto kind = drivers::varnish_kind();
  drivers::Setup setup = setup_of(kTwo);
  setup.time_scale = 10;
  const auto launching = kind.render(setup, place(10));
  if (!launching) {
    CHECK(launching.error().message == "varnishlog is not installed");
    return;
  }
  CHECK(launching->files.front().second == R"(vcl 4.1;
import directors;
backend at_127_0_0_1_9000 {
  .host = "127.0.0.1";
  .port = "9000";
  .connect_timeout = 0.200s;
  .first_byte_timeout = 3.000s;
  .between_bytes_timeout = 3.000s;
}
backend at_127_0_0_1_9001 {
  .host = "127.0.0.1";
  .port = "9001";
  .connect_timeout = 0.200s;
  .first_byte_timeout = 3.000s;
  .between_bytes_timeout = 3.000s;
}
sub vcl_init {
  new app = directors.round_robin();
  app.add_backend(at_127_0_0_1_9000);
  app.add_backend(at_127_0_0_1_9001);
}
sub vcl_recv {
  set req.backend_hint = app.backend();
  return (pass);
}
sub vcl_backend_fetch {
  set bereq.http.Connection = "close";
}
)");
  CHECK(unknown_to(kind, "client_max_body_size = \"1m\"\nproxy_buffering = \"off\"") ==
        "varnish has nothing like proxy_buffering");
  CHECK(unknown_to(kind, "keepalive_timeout = \"0\"") ==
        "varnish has nothing like a keepalive_timeout of 0");
  setup.settings.upstreams.front().servers.front().weight = 2;
  CHECK(kind.render(setup, place()).error().code == ENOTSUP);
}

TEST_CASE("a request in Varnish's log") {
  const auto entry = entry_of(drivers::varnish_kind(), R"(*   << Request  >> 2
-   Begin          req 1 rxreq
-   Timestamp      Start: 1795389620.919877 0.000000 0.000000
-   ReqStart       127.0.0.1 55258 a0
-   ReqMethod      GET
-   ReqURL         /report
-   Link           bereq 3 pass
-   RespStatus     503
-   Timestamp      Resp: 1795389620.922000 2.500000 0.000571
-   ReqAcct        79 0 79 233 426 659
-   End
**  << BeReq    >> 3
--  Begin          bereq 2 pass
--  Timestamp      Connected: 1795389620.920395 0.250000 0.000435
--  BackendOpen    17 at_127_0_0_1_9000 127.0.0.1 19998 127.0.0.1 55448 connect
--  FetchError     first byte timeout
--  BerespStatus   503
--  End
)",
                              2);
  CHECK(entry.client_port == 55258);
  CHECK(entry.status == 503);
  CHECK(entry.body_bytes_sent == 426);
  CHECK(entry.request_time == 5s);
  CHECK(entry.code == "first byte timeout");
  REQUIRE(entry.attempts.size() == 1);
  CHECK(entry.attempts[0].server == "127.0.0.1:9000");
  CHECK(entry.attempts[0].connect_time == 500ms);
  CHECK_FALSE(entry.attempts[0].status);
  CHECK(entry.line == "GET /report 503 426 2.500000 first byte timeout");
}

TEST_CASE("Varnish could not connect") {
  const auto entry = entry_of(drivers::varnish_kind(), R"(*   << Request  >> 2
-   ReqStart       127.0.0.1 55258 a0
-   RespStatus     503
**  << BeReq    >> 3
--  Begin          bereq 2 pass
--  FetchError     backend at_127_0_0_1_9001: fail errno 111 (Connection refused)
)");
  CHECK(entry.code == "fail errno 111 (Connection refused)");
  REQUIRE(entry.attempts.size() == 1);
  CHECK(entry.attempts[0].server == "127.0.0.1:9001");
}

TEST_CASE("Squid's configuration") {
  const auto kind = drivers::squid_kind();
  drivers::Setup setup = setup_of(kTwo);
  setup.settings.upstreams.front().servers.back().backup = true;
  const auto launching = kind.render(setup, place());
  REQUIRE(launching);
  const std::string& config = launching->files.front().second;
  const auto has = [&](const char* line) { return config.find(line) != config.npos; };
  CHECK(config.starts_with("http_port 127.0.0.1:8080 accel no-vhost defaultsite=localhost\n"));
  CHECK(has("\naccess_log stdio:/log logformat=badgate\n"));
  CHECK(has("\nconnect_timeout 2 seconds\n"));
  CHECK(has("\nread_timeout 30 seconds\n"));
  CHECK(has("\nrequest_timeout 60 seconds\n"));
  CHECK(has("\nserver_persistent_connections off\n"));
  CHECK(
      has("\ncache_peer 127.0.0.1 parent 9000 0 no-query no-digest no-netdb-exchange originserver "
          "name=s0 connect-timeout=2 round-robin\n"));
  CHECK(
      has(" parent 9001 0 no-query no-digest no-netdb-exchange originserver name=s1 "
          "connect-timeout=2\n"));
  CHECK(launching->needed_to_start.front() == "/dev/shm/badgate8080-cf__metadata.shm");
  CHECK(unknown_to(kind, "proxy_read_timeout = \"1500ms\"") ==
        "squid has nothing like times that are not whole seconds");
  setup.settings.upstreams.front().keepalive_timeout = 1500ms;
  CHECK(kind.render(setup, place()).error().code == ENOTSUP);
}

TEST_CASE("a line of Squid's access log") {
  const auto entry =
      entry_of(drivers::squid_kind(),
               "40876 504 3402 280 30004 TCP_MISS ERR_READ_TIMEOUT 127.0.0.1:9000 - 30003 | "
               "127.0.0.1 TCP_MISS/504 3402 GET http://localhost/ ROUNDROBIN_PARENT/127.0.0.1 "
               "ERR_READ_TIMEOUT/-");
  CHECK(entry.client_port == 40876);
  CHECK(entry.status == 504);
  CHECK(entry.body_bytes_sent == 3122);
  CHECK(entry.request_time == 30004ms);
  CHECK(entry.code == "TCP_MISS/504 ERR_READ_TIMEOUT");
  REQUIRE(entry.attempts.size() == 1);
  CHECK(entry.attempts[0].server == "127.0.0.1:9000");
  CHECK_FALSE(entry.attempts[0].status);
  CHECK(entry.attempts[0].header_time == 30003ms);
  CHECK(entry_of(drivers::squid_kind(), "40876 200 300 280 1 TCP_MISS - 127.0.0.1:9000 200 1 | x")
            .code.empty());
  CHECK(entry_of(drivers::squid_kind(), "40876 0 0 0 1 TCP_MISS_ABORTED - -:- - - | x").code ==
        "TCP_MISS_ABORTED/0");
}

TEST_CASE("Caddy's configuration") {
  const auto kind = drivers::caddy_kind();
  drivers::Setup setup = setup_of(kTwo);
  setup.settings.upstreams.front().servers.back().max_conns = 3;
  const auto launching = kind.render(setup, place(10));
  REQUIRE(launching);
  const auto config = nlohmann::json::parse(launching->files.front().second);
  CHECK(config["admin"]["disabled"] == true);
  CHECK(config["storage"]["root"] == "/folder/storage");
  const auto& server = config["apps"]["http"]["servers"]["front"];
  CHECK(server["listen"][0] == "127.0.0.1:8080");
  CHECK(server["read_header_timeout"] == 6'000'000'000);
  const auto& proxy = server["routes"][0]["handle"][0];
  CHECK(proxy["upstreams"][0] == nlohmann::json{{"dial", "127.0.0.1:9000"}});
  CHECK(proxy["upstreams"][1]["max_requests"] == 3);
  CHECK(proxy["transport"]["dial_timeout"] == 200'000'000);
  CHECK(proxy["transport"]["response_header_timeout"] == 3'000'000'000);
  CHECK(proxy["transport"]["read_timeout"] == 3'000'000'000);
  CHECK(proxy["transport"]["keep_alive"]["enabled"] == false);
  setup.settings.upstreams.front().servers.back().backup = true;
  const auto refused = kind.render(setup, place());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "caddy has nothing like backup servers");
  CHECK(unknown_to(kind, "keepalive_timeout = \"0\"") ==
        "caddy has nothing like a keepalive_timeout of 0");
}

TEST_CASE("lines of Caddy's log") {
  const auto entry = entry_of(
      drivers::caddy_kind(),
      R"({"level":"error","ts":1795387022.6,"logger":"http.log.access","msg":"handled request",)"
      R"("request":{"remote_ip":"127.0.0.1","remote_port":"43356","proto":"HTTP/1.1",)"
      R"("method":"GET","host":"lab.test","uri":"/report","headers":{}},"user_id":"",)"
      R"("duration":0.25,"size":12,"status":502,"resp_headers":{"Server":["Caddy"]}})",
      20);
  CHECK(entry.client_port == 43356);
  CHECK(entry.status == 502);
  CHECK(entry.body_bytes_sent == 12);
  CHECK(entry.request_time == 5s);
  CHECK(entry.line == "GET /report 502 12 0.250000");
  const struct {
    const char* line;
    const char* code;
  } errors[] = {
      {R"({"level":"error","logger":"http.log.error","msg":"dial tcp 127.0.0.1:1: i/o timeout"})",
       "i/o timeout"},
      {R"({"level":"error","msg":"connection broken: malformed HTTP response \"SSH: 2\""})",
       "malformed HTTP response"},
      {R"({"level":"error","msg":"malformed MIME header: missing colon: \"Bad\""})",
       "missing colon"},
      {R"({"level":"error","msg":"aborting with incomplete response","error":"unexpected EOF"})",
       "unexpected EOF"},
  };
  for (const auto& [line, code] : errors) {
    Logged logged;
    Recorder& recorder = logged.recorder;
    drivers::caddy_kind().error_line(line, recorder);
    drivers::caddy_kind().error_line(R"({"level":"info","msg":"serving"})", recorder);
    drivers::caddy_kind().error_line("no JSON {", recorder);
    REQUIRE(recorder.outcome().error_log.size() == 1);
    CHECK(recorder.outcome().error_log.front().code == code);
  }
}

TEST_CASE("Traffic Server's configuration") {
  const auto kind = drivers::trafficserver_kind();
  drivers::Setup setup = setup_of(kTwo);
  const auto launching = kind.render(setup, place());
  REQUIRE(launching);
  const auto file = [&](std::string_view name) {
    for (const auto& [known, text] : launching->files) {
      if (known == name) return text;
    }
    return std::string("no such file");
  };
  CHECK(file("remap.config") == "map / http://app.group/\n");
  CHECK(file("parent.config") ==
        "dest_domain=app.group parent=\"127.0.0.1:9000;127.0.0.1:9001\" round_robin=strict "
        "go_direct=false parent_is_proxy=false\n");
  const std::string records = file("records.config");
  const auto has = [&](const char* line) { return records.find(line) != records.npos; };
  CHECK(has("proxy.config.http.server_ports STRING 8080:ip-in=127.0.0.1\n"));
  CHECK(has("proxy.config.http.connect_attempts_timeout INT 2\n"));
  CHECK(has("proxy.config.http.transaction_no_activity_timeout_out INT 30\n"));
  CHECK(file("runroot.yaml").find("\nlogdir: /folder\n") != std::string::npos);
  setup.settings.upstreams.front().servers.pop_back();
  CHECK(kind.render(setup, place())->files[2].second == "map / http://127.0.0.1:9000/\n");
  CHECK(unknown_to(kind, "client_body_timeout = \"5s\"") ==
        "trafficserver has nothing like client_body_timeout");
}

TEST_CASE("a line of Traffic Server's access log") {
  const auto entry = entry_of(drivers::trafficserver_kind(),
                              "40634 502 506 299 258 ERR_CONNECT_FAIL 127.0.0.1:9000 000 | "
                              "127.0.0.1 ERR_CONNECT_FAIL/502 506 GET / DIRECT attempts=4");
  CHECK(entry.client_port == 40634);
  CHECK(entry.status == 502);
  CHECK(entry.body_bytes_sent == 207);
  CHECK(entry.request_time == 258ms);
  CHECK(entry.code == "ERR_CONNECT_FAIL/502");
  REQUIRE(entry.attempts.size() == 1);
  CHECK(entry.attempts[0].server == "127.0.0.1:9000");
  CHECK_FALSE(entry.attempts[0].status);
  CHECK(entry_of(drivers::trafficserver_kind(), "1 200 506 299 2 TCP_MISS 0:0 200 | x")
            .attempts.empty());
}
