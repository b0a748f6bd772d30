#include "harness/recorder.h"

#include <doctest/doctest.h>

using namespace badgate;
using namespace badgate::harness;
using namespace std::chrono_literals;

TEST_CASE("an error-log line is taken apart") {
  const auto line = parse_error_line(
      "2026/01/01 00:01:00 [error] 12#12: *1 upstream timed out (110: Connection timed out) while "
      "reading response header from upstream, client: 127.0.0.1");
  CHECK(line.level == "error");
  CHECK(line.message ==
        "upstream timed out (110: Connection timed out) while reading response header from "
        "upstream, client: 127.0.0.1");
  const auto notice = parse_error_line("2026/01/01 00:01:00 [notice] 12#12: signal 1");
  CHECK(notice.level == "notice");
  CHECK(notice.message == "signal 1");
}

TEST_CASE("an access-log line is taken apart, attempt by attempt") {
  const auto entry = parse_access_line(
      "4321 2 504 160 61.002 | app[0], app[1] | 502, 504 | -, 0.001 | -, - | 1.000, 60.001 | "
      "\"GET / HTTP/1.1\" status=504");
  CHECK(entry.client_port == 4321);
  CHECK(entry.nth == 2);
  CHECK(entry.status == 504);
  CHECK(entry.body_bytes_sent == 160);
  CHECK(entry.request_time == 61002ms);
  CHECK(entry.line == "\"GET / HTTP/1.1\" status=504");
  REQUIRE(entry.attempts.size() == 2);
  CHECK(entry.attempts[0].server == "app[0]");
  CHECK(entry.attempts[0].status == 502);
  CHECK_FALSE(entry.attempts[0].connect_time);
  CHECK(entry.attempts[0].response_time == 1s);
  CHECK(entry.attempts[1].connect_time == 1ms);
  CHECK(entry.attempts[1].response_time == 60001ms);
}

TEST_CASE("a request that reached no server has no attempts") {
  const auto entry = parse_access_line("1 1 400 0 0.000 | - | - | - | - | - | \"GET\" status=400");
  CHECK(entry.attempts.empty());
}

TEST_CASE("addresses are called by name, and only whole ones") {
  AddressNames names;
  names.add(net::Address::loopback(80), "app[0]");
  names.add(net::Address::loopback(8080), "app[1]");
  names.add(net::Address::parse("unix:/tmp/x/app2.sock").value(), "app[2]");
  CHECK(names.of("127.0.0.1:80") == "app[0]");
  CHECK(names.of("127.0.0.1:81") == "127.0.0.1:81");
  CHECK(names.replace_in("http://127.0.0.1:80/ http://127.0.0.1:8080/ 127.0.0.1:800") ==
        "http://app[0]/ http://app[1]/ 127.0.0.1:800");
  CHECK(names.replace_in("connect() to unix:/tmp/x/app2.sock failed") ==
        "connect() to app[2] failed");
}
