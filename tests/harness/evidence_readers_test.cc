// The logs of other programs than nginx, and nginx's access log: read, and traced to a cause.
#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <string>

#include "harness/diagnosis/diagnose.h"
#include "harness/evidence/evidence.h"
#include "harness/evidence/fields.h"
#include "harness/evidence/log_format.h"
#include "harness/evidence/readers.h"

using namespace badgate::harness;
using namespace badgate::harness::evidence;
using namespace std::chrono_literals;

namespace {

struct Expected {
  std::string_view line;
  Source source;
  std::string_view scenario;  // the first suspect's
};

// Written by HAProxy 2.6.12, Apache 2.4, php-fpm 8.2; Envoy's are those of its documentation.
constexpr auto kLines = std::to_array<Expected>({
    {R"(127.0.0.1:36440 [23/Nov/2026:05:42:40.937] fe down/d1 0/0/-1/-1/0 503 217 - - SC-- 1/1/0/0/0 0/0 {127.0.0.1:18080} "GET /down HTTP/1.1")",
     Source::haproxy, "upstream-down/application-not-running"},
    {R"(127.0.0.1:36456 [23/Nov/2026:05:42:40.952] fe none/<NOSRV> 0/-1/-1/-1/0 503 217 - - SC-- 1/1/0/0/0 0/0 {h} "GET /none HTTP/1.1")",
     Source::haproxy, "upstream-down/both-are-down"},
    {R"(Nov 23 05:42:40 lb haproxy[123]: 127.0.0.1:36470 [23/Nov/2026:05:42:40.960] fe silent/s1 0/0/0/-1/1 502 209 - - SH-- 1/1/0/0/0 0/0 "POST /close HTTP/1.1")",
     Source::haproxy, "application-crash/segfault"},
    {R"(127.0.0.1:36470 [23/Nov/2026:05:42:40.960] fe~ silent/s1 0/0/0/-1/30004 502 209 - - SH-- 1/1/0/0/0 0/0 "GET /close HTTP/1.1")",
     Source::haproxy, "application-crash/worker-killed-after-30s"},
    {R"(127.0.0.1:36476 [23/Nov/2026:05:42:40.970] fe silent/s1 0/0/0/8/8 200 54 - - SD-- 1/1/0/0/0 0/0 {h} "GET /cut HTTP/1.1")",
     Source::haproxy, "truncated-response/dies-in-mid-body"},
    {R"(127.0.0.1:36478 [23/Nov/2026:05:42:40.995] fe silent/s1 0/0/0/-1/3 502 209 - - PH-- 1/1/0/0/0 0/0 "GET /bad HTTP/1.1")",
     Source::haproxy, "header-too-big/too-many-cookies"},
    {R"(127.0.0.1:36482 [23/Nov/2026:05:42:41.008] fe silent/s1 0/0/0/-1/1009 504 198 - - sH-- 1/1/0/0/0 0/0 "GET /slow HTTP/1.1")",
     Source::haproxy, "slow-application/report-takes-75s"},
    {R"([Mon Nov 23 05:42:41.008 2026] [proxy:error] [pid 12:tid 34] (111)Connection refused: AH00957: http: attempt to connect to 127.0.0.1:9000 (127.0.0.1) failed)",
     Source::apache_error, "upstream-down/application-not-running"},
    {R"([Mon Nov 23 05:42:41.008 2026] [proxy_http:error] [pid 12:tid 34] (70007)The timeout specified has expired: [client 10.0.0.7:4711] AH01102: error reading status line from remote server 127.0.0.1:9000)",
     Source::apache_error, "slow-application/report-takes-75s"},
    {R"([proxy_http:error] (104)Connection reset by peer: [client 127.0.0.1:54568] AH01102: error reading status line from remote server 127.0.0.1:9000)",
     Source::apache_error, "application-crash/segfault"},
    {R"([2026-11-23T05:42:41.008Z] "GET /path HTTP/1.1" 503 UF 0 91 12 - "-" "curl/8" "id" "shop" "10.0.0.1:80")",
     Source::envoy, "upstream-down/application-not-running"},
    {R"([2026-11-23T05:42:41.008Z] "GET /path HTTP/1.1" 504 UT response_timeout - "-" 0 24 15004 - "-" "curl/8" "id" "shop" "10.0.0.1:80" outbound|80||shop -)",
     Source::envoy, "slow-application/report-takes-75s"},
    {R"([2026-11-23T05:42:41.008Z] "GET /path HTTP/1.1" 503 UF upstream_reset_before_response_started - "TLS_error:|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED" 0 91 12 - "-" "curl/8" "id" "shop" "10.0.0.1:80")",
     Source::envoy, "tls/certificate-of-an-unknown-authority"},
    {R"({"start_time":"2026-11-23T05:42:41.008Z","method":"GET","path":"/x","response_code":503,"response_flags":"UH","duration":3,"upstream_host":null})",
     Source::envoy, "upstream-down/both-are-down"},
    {R"([23-Nov-2026 05:42:41] WARNING: [pool www] server reached pm.max_children setting (5), consider raising it)",
     Source::php_fpm, "php-fpm/max-children-reached"},
    {R"([23-Nov-2026 05:42:41] WARNING: [pool www] child 12, script '/srv/a.php' (request: "GET /a.php") execution timed out (3.3 sec), terminating)",
     Source::php_fpm, "php-fpm/terminate-timeout"},
    {R"(WARNING: [pool www] child 12 exited on signal 11 (SIGSEGV) after 3.3 seconds from start)",
     Source::php_fpm, "php-fpm/child-crashes"},
});

}  // namespace

TEST_CASE("each program's line is read as its own and leads to its cause") {
  for (const Expected& expected : kLines) {
    CAPTURE(expected.line);
    const auto e = read_line(expected.line);
    REQUIRE(e);
    CHECK(e->source == expected.source);
    const auto suspects = diagnosis::diagnose(*e);
    REQUIRE_FALSE(suspects.empty());
    CHECK(suspects.front().scenario == expected.scenario);
  }
}

TEST_CASE("a line of nothing but slashes is no line of HAProxy's") {
  CHECK_FALSE(read_haproxy("GET " + std::string(8000, '/') + " HTTP/1.1").has_value());
}

TEST_CASE("HAProxy's line in its parts") {
  const auto e = read_line(kLines[6].line);
  REQUIRE(e);
  CHECK(e->client == "127.0.0.1");
  CHECK(e->server == "fe");
  CHECK(e->upstream_address == "silent/s1");
  CHECK(e->status == 504);
  CHECK(e->code == "sH--");
  REQUIRE(e->timers);
  CHECK(e->timers->connect == 0ms);
  CHECK_FALSE(e->timers->response);
  CHECK(e->timers->total == 1009ms);
  CHECK(e->uri == "/slow");
}

TEST_CASE("Apache's line in its parts") {
  const auto e = read_line(kLines[8].line);
  REQUIRE(e);
  CHECK(e->code == "AH01102");
  CHECK(e->error_number == 70007);
  CHECK(e->level == "error");
  CHECK(e->client == "10.0.0.7");
  CHECK(e->upstream_address == "127.0.0.1:9000");
  CHECK(e->time == read_line(kLines[6].line)->time);
}

TEST_CASE("a log_format is read the other way round") {
  const auto format = LogFormat::parse(
      "$remote_addr [$time_local] \"$request\" ${status} $upstream_status $upstream_addr "
      "$upstream_response_time $request_time");
  REQUIRE(format);
  const auto e = format->read(
      "10.0.0.7 [23/Nov/2026:04:15:25 +0000] \"GET /a b HTTP/1.1\" 504 502, 504 : 504 "
      "10.0.0.1:80, unix:/run/app.sock : 10.0.0.3:80 0.001, 2.000 : 60.000 62.001");
  REQUIRE(e);
  CHECK(e->status == 504);
  CHECK(e->redirected);
  REQUIRE(e->tries.size() == 3);
  CHECK(e->tries[0].status == 502);
  CHECK(e->tries[1].address == "unix:/run/app.sock");
  CHECK(e->tries[2].response_time == 60s);
  CHECK(e->request_time == 62001ms);
  CHECK_FALSE(format->read("10.0.0.7 [23/Nov/2026:04:15:25 +0000] \"GET / HTTP/1.1\" 504"));
  CHECK_FALSE(format->read("something else"));
}

TEST_CASE("what is wrong with a log_format is said") {
  for (const auto& [text, said] : std::to_array<std::pair<std::string_view, std::string_view>>(
           {{"$a$status", "nothing separates $a from $status"},
            {"$remote_addr", "neither $status nor"},
            {"$status $", "without the name"},
            {"${status", "without the name"},
            {"", "neither $status nor"}})) {
    CAPTURE(text);
    const auto format = LogFormat::parse(text);
    REQUIRE_FALSE(format);
    CHECK(format.error().message.find(said) != std::string::npos);
  }
}

TEST_CASE("times of logs") {
  const auto expected = parse_log_time("2026-11-23T04:15:25.250Z");
  REQUIRE(expected);
  for (const std::string_view text :
       {"2026-11-23T04:15:25.250+00:00", "23/Nov/2026:04:15:25.250 +0000", "1795407325.250",
        "2026-11-23 04:15:25,250", "23-Nov-2026 04:15:25.250000", "Nov 23 04:15:25.250 2026"})
    CHECK(parse_log_time(text) == expected);
  for (const std::string_view text : {"", "-", "23/Foo/2026:04:15:25", "2026-13-45T00:00:00"})
    CHECK_FALSE(parse_log_time(text));
}

TEST_CASE("an error line is not taken for an access log by what a client has asked") {
  const auto e = read_line(
      R"(2026/11/23 04:15:25 [error] 1#1: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 1.1.1.1, server: s, request: "GET /?status=200&rt=0.1 HTTP/1.1", upstream: "http://127.0.0.1:1/?status=200", host: "s")");
  REQUIRE(e);
  CHECK(e->source == Source::nginx_error);
}

TEST_CASE("what is in no log is read as none, and quickly") {
  for (const std::string& text :
       {std::string(1 << 20, '/'), std::string(1 << 20, '='), std::string(1 << 20, '['),
        std::string(1 << 20, '{'), std::string(1 << 20, '"'), std::string(1 << 20, ' '),
        std::string(4096, '\0')})
    CHECK_FALSE(read_line(text));
}

TEST_CASE("a line of any log may end anywhere") {
  for (const Expected& expected : kLines) {
    for (std::size_t size = 0; size < expected.line.size(); ++size) {
      const auto e = read_line(expected.line.substr(0, size));
      if (e) CHECK(e->message.size() <= size);
    }
  }
}
