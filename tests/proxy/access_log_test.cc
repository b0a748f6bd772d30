#include "proxy/access_log.h"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

using namespace badgate::proxy;
using badgate::net::WallTime;
using badgate::net::http1::HeaderList;
using namespace std::chrono_literals;

namespace {

constexpr WallTime kNow{1'795'363'705'250ms};  // 22/Nov/2026:16:08:25 UTC

std::string line(std::string_view format, const AccessRecord& record, bool join_headers = true) {
  const auto compiled = LogFormat::compile(format);
  REQUIRE(compiled.has_value());
  std::string line;
  compiled->append(line, record, join_headers);
  return line;
}

// The request with which nginx 1.22.1 wrote the line in "as nginx 1.22.1 wrote it".
struct Example {
  HeaderList request{{"Host", "www.example.com:80"},
                     {"Referer", "http://r/\"x\""},
                     {"User-Agent", "u\"a\\b\x7f\xc3\xa9\tz"},
                     {"X", "1"},
                     {"X", "2"},
                     {"Cookie", "a=1"},
                     {"Cookie", "b=2"},
                     {"X-Forwarded-For", "1.1.1.1"},
                     {"X-Forwarded-For", "2.2.2.2"}};
  HeaderList response{{"Content-Type", "text/html"}, {"Content-Length", "157"}};
  UpstreamStates states{{.peer = "127.0.0.1:18109", .status = 502, .response_time = 0ms}};
  AccessRecord record{.now = kNow,
                      .request_time = 0ms,
                      .connection = 311,
                      .connection_requests = 1,
                      .remote_addr = "127.0.0.1",
                      .server_name = "srv",
                      .request = "GET /q?a=b\"c\xc3\xa9 HTTP/1.1",
                      .method = "GET",
                      .uri = "/q",
                      .args = "a=b\"c\xc3\xa9",
                      .request_uri = "/q?a=b\"c\xc3\xa9",
                      .protocol = "HTTP/1.1",
                      .host = "www.example.com",
                      .request_length = 209,
                      .request_headers = &request,
                      .status = 502,
                      .bytes_sent = 309,
                      .header_size = 152,
                      .complete = true,
                      .response_headers = &response,
                      .upstream_states = &states};
};

}  // namespace

TEST_CASE("as nginx 1.22.1 wrote it") {
  const Example example;
  const std::string format =
      std::string(LogFormat::default_text()) +
      " x=\"$http_x\" rc=\"$request_completion\" ul=\"$upstream_response_length\" pipe=$pipe "
      "proto=$server_protocol m=$request_method rl=$request_length bs=$bytes_sent "
      "ct=$sent_http_content_type args=$args uri=$uri ru=$request_uri h=$host "
      "cookie=$http_cookie xff=$http_x_forwarded_for";
  CHECK(line(format, example.record, false) ==
        "127.0.0.1 - - [22/Nov/2026:16:08:25 +0000] \"GET /q?a=b\\x22c\\xC3\\xA9 HTTP/1.1\" 502 "
        "157 \"http://r/\\x22x\\x22\" \"u\\x22a\\x5Cb\\x7F\\xC3\\xA9\\x09z\" rt=0.000 "
        "ua=\"127.0.0.1:18109\" us=\"502\" uct=\"-\" uht=\"-\" urt=\"0.000\" ubs=\"0\" "
        "ubr=\"0\" cl=157 conn=311 reqs=1 x=\"1\" rc=\"OK\" ul=\"0\" pipe=. proto=HTTP/1.1 m=GET "
        "rl=209 bs=309 ct=text/html args=a=b\\x22c\\xC3\\xA9 uri=/q ru=/q?a=b\\x22c\\xC3\\xA9 "
        "h=www.example.com cookie=a=1; b=2 xff=1.1.1.1, 2.2.2.2");
  CHECK(line("$http_x", example.record, true) == "1, 2");  // since 1.23.0
}

TEST_CASE("a request line that nginx could not read, as 1.22.1 wrote it") {
  const HeaderList response{{"Content-Type", "text/html"}, {"Content-Length", "157"}};
  const AccessRecord record{.now = kNow,
                            .connection = 313,
                            .connection_requests = 1,
                            .remote_addr = "127.0.0.1",
                            .server_name = "srv",
                            .request = "garbage\"\x01",
                            .status = 400,
                            .bytes_sent = 309,
                            .header_size = 152,
                            .complete = true,
                            .response_headers = &response};
  CHECK(line(LogFormat::default_text(), record) ==
        "127.0.0.1 - - [22/Nov/2026:16:08:25 +0000] \"garbage\\x22\\x01\" 400 157 \"-\" \"-\" "
        "rt=0.000 ua=\"-\" us=\"-\" uct=\"-\" uht=\"-\" urt=\"-\" ubs=\"-\" ubr=\"-\" cl=157 "
        "conn=313 reqs=1");
  CHECK(line("$server_protocol $request_method $args $uri $request_uri $host $content_length",
             record) == "- - - - - srv -");
}

TEST_CASE("the attempts of a request") {
  struct Row {
    const char* what;
    UpstreamStates states;
    const char* expected;  // addr | status | connect | header | response | sent | received
  };
  const std::vector<Row> table{
      {"refused, then answered",
       {{.peer = "127.0.0.1:81", .status = 502, .response_time = 0ms},
        {.peer = "127.0.0.1:82",
         .status = 200,
         .connect_time = 1ms,
         .header_time = 20ms,
         .response_time = 1234ms,
         .bytes_sent = 47,
         .bytes_received = 113}},
       "127.0.0.1:81, 127.0.0.1:82|502, 200|-, 0.001|-, 0.020|0.000, 1.234|0, 47|0, 113"},
      {"no live upstreams",
       {{.peer = "app", .status = 502, .response_time = 0ms}},
       "app|502|-|-|0.000|0|0"},
      {"socket() failed: no peer and no status", {{.response_time = 0ms}}, "|-|-|-|0.000|0|0"},
      {"socket() failed at the second attempt",
       {{.peer = "127.0.0.1:81", .status = 502, .response_time = 60s}, {.response_time = 0ms}},
       "127.0.0.1:81 : |502 : |- : |- : |60.000 : |0 : |0 : "},
      {"an internal redirect between two",
       {{.peer = "127.0.0.1:81", .status = 502, .response_time = 1ms},
        {},
        {.peer = "127.0.0.1:82", .status = 200, .response_time = 2ms}},
       "127.0.0.1:81 : 127.0.0.1:82|502 : 200|- : -|- : -|0.001 : 0.002|0 : 0|0 : 0"},
      {"none", {}, "-|-|-|-|-|-|-"},
      {"a clock that ran backwards",
       {{.peer = "unix:/a", .connect_time = -5ms, .response_time = -1ms}},
       "unix:/a|-|0.000|-|0.000|0|0"},
  };
  for (const auto& row : table) {
    CAPTURE(row.what);
    const AccessRecord record{.upstream_states = &row.states};
    CHECK(line("$upstream_addr|$upstream_status|$upstream_connect_time|$upstream_header_time|"
               "$upstream_response_time|$upstream_bytes_sent|$upstream_bytes_received",
               record) == row.expected);
  }
}

TEST_CASE("single variables") {
  const HeaderList request{{"content-TYPE", "text/plain"}, {"Empty", ""}, {"Lost", "x", true}};
  const HeaderList response{{"Link", "<a>"}, {"Link", "<b>"}, {"Via", "1"}, {"Via", "2"}};
  AccessRecord record{.now = kNow,
                      .request_time = 61'500ms,
                      .pipelined = true,
                      .remote_addr = "unix:",
                      .server_addr = "127.0.0.1",
                      .server_port = 8080,
                      .request_headers = &request,
                      .status = 9,
                      .bytes_sent = 100,
                      .header_size = 200,
                      .response_headers = &response};
  const std::vector<std::pair<std::string_view, std::string_view>> table{
      {"$status", "009"},
      {"$body_bytes_sent", "0"},
      {"$request_time", "61.500"},
      {"$request", "-"},
      {"$request_completion", ""},
      {"$pipe", "p"},
      {"$msec", "1795363705.250"},
      {"$time_iso8601", "2026-11-22T16:08:25+00:00"},
      {"$time_local", "22/Nov/2026:16:08:25 +0000"},
      {"$remote_addr", "unix:"},
      {"$remote_port", ""},
      {"$server_addr:$server_port", "127.0.0.1:8080"},
      {"$content_type", "text/plain"},
      {"$http_content_type", "text/plain"},
      {"$http_empty", ""},
      {"$http_lost", "-"},
      {"$http_nothing", "-"},
      {"$sent_http_link", "<a>, <b>"},
      {"$sent_http_via", "1"},
      {"$scheme", "http"},
      {"$https", ""},
      {"${status}x", "009x"},
      {"no variables", "no variables"},
      {"", ""},
  };
  for (const auto& [format, expected] : table) {
    CAPTURE(format);
    CHECK(line(format, record, false) == expected);
  }
  CHECK(line("$sent_http_via", record, true) == "1, 2");
  record.ssl = true;
  CHECK(line("$scheme $https", record) == "https on");
}

TEST_CASE("$request_id is one for a whole request, and another for the next") {
  AccessRecord record{.now = kNow, .connection = 1, .connection_requests = 1};
  const auto id = line("$request_id", record);
  CHECK(id.size() == 32);
  // The wall's clock and the loop's do not advance alike.
  record.now += 1'000'003ns;
  record.request_time = 1ms;
  CHECK(line("$request_id", record) == id);
  record.connection_requests = 2;
  CHECK(line("$request_id", record) != id);
}

TEST_CASE("formats that nginx refuses") {
  const std::vector<std::pair<std::string_view, std::string_view>> table{
      {"$nope", "unknown \"nope\" variable"},
      {"$upstream_stat", "unknown \"upstream_stat\" variable; did you mean \"$upstream_status\"?"},
      {"a ${status", "the closing bracket in \"status\" variable is missing"},
      {"${status x}", "the closing bracket in \"status\" variable is missing"},
      {"a $", "invalid parameter \"$\""},
      {"a $ b", "invalid parameter \"$ b\""},
      {"${}", "invalid parameter \"${}\""},
      {"$http_", "unknown \"http_\" variable; did you mean \"$https\"?"},
  };
  for (const auto& [format, message] : table) {
    CAPTURE(format);
    const auto compiled = LogFormat::compile(format);
    REQUIRE_FALSE(compiled.has_value());
    CHECK(compiled.error().message == message);
  }
}

TEST_CASE("every byte is escaped as nginx escapes it") {
  std::string all;
  for (int c = 0; c < 256; ++c)
    all += static_cast<char>(c);
  std::string out;
  append_escaped(out, all);
  CHECK(out.starts_with("\\x00\\x01"));
  CHECK(out.find("\\x1F !\\x22#$%&'()*+,-./0") != std::string::npos);
  CHECK(out.find("XYZ[\\x5C]^_`abc") != std::string::npos);
  CHECK(out.find("xyz{|}~\\x7F\\x80") != std::string::npos);
  CHECK(out.ends_with("\\xFE\\xFF"));
}

TEST_CASE("a sink gets the line and what it was made of") {
  struct Sink : LogSink {
    void error_line(Level, std::string_view) override {}
    void access_line(std::string_view text) override { lines.emplace_back(text); }
    std::vector<std::string> lines;
  };
  struct Judge : Sink {
    void access_entry(const AccessRecord& record, std::string_view text) override {
      statuses.push_back(record.status);
      access_line(text);
    }
    std::vector<int> statuses;
  };
  Sink plain;
  AccessLog(plain, LogFormat::compile("$status").value(), true).write({.status = 502});
  CHECK(plain.lines == std::vector<std::string>{"502"});
  Judge judge;
  AccessLog(judge, LogFormat::compile("$status").value(), true).write({.status = 504});
  CHECK(judge.lines == std::vector<std::string>{"504"});
  CHECK(judge.statuses == std::vector<int>{504});
}
