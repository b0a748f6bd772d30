#include "proxy/error_log.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <utility>
#include <vector>

using namespace badgate::proxy;
using badgate::net::WallTime;
using namespace std::chrono_literals;

namespace {

constexpr WallTime kNow{1'767'225'600s};  // 2026/01/01 00:00:00 UTC

struct Lines : LogSink {
  void error_line(Level level, std::string_view line) override { errors.emplace_back(level, line); }
  void access_line(std::string_view) override {}
  std::vector<std::pair<Level, std::string>> errors;
};

std::string compose(std::string_view message, int error, const LogContext& context,
                    Level level = Level::error) {
  return compose_error_line(kNow + 999ms, level, 12, 13, message, error, context);
}

}  // namespace

TEST_CASE("lines of a request, as nginx 1.22.1 wrote them") {
  LogContext context{.connection = 29,
                     .action = "connecting to upstream",
                     .client = "127.0.0.1",
                     .server = "",
                     .request = "GET / HTTP/1.0",
                     .upstream = "http://127.0.0.1:18109/",
                     .host = "b"};
  CHECK(compose("connect() failed", ECONNREFUSED, context) ==
        "2026/01/01 00:00:00 [error] 12#13: *29 connect() failed (111: Connection refused) while "
        "connecting to upstream, client: 127.0.0.1, server: , request: \"GET / HTTP/1.0\", "
        "upstream: \"http://127.0.0.1:18109/\", host: \"b\"");
  CHECK(compose("upstream server temporarily disabled", 0, context, Level::warn) ==
        "2026/01/01 00:00:00 [warn] 12#13: *29 upstream server temporarily disabled while "
        "connecting to upstream, client: 127.0.0.1, server: , request: \"GET / HTTP/1.0\", "
        "upstream: \"http://127.0.0.1:18109/\", host: \"b\"");
  // Nothing is escaped.
  context = {.connection = 311,
             .action = "connecting to upstream",
             .client = "127.0.0.1",
             .server = "srv",
             .request = "GET /q?a=b\"c\xc3\xa9 HTTP/1.1",
             .upstream = "http://127.0.0.1:18109/q?a=b\"c\xc3\xa9",
             .host = "www.example.com:80",
             .referrer = "http://r/\"x\""};
  CHECK(compose("connect() failed", ECONNREFUSED, context) ==
        "2026/01/01 00:00:00 [error] 12#13: *311 connect() failed (111: Connection refused) while "
        "connecting to upstream, client: 127.0.0.1, server: srv, request: \"GET "
        "/q?a=b\"c\xc3\xa9 HTTP/1.1\", upstream: \"http://127.0.0.1:18109/q?a=b\"c\xc3\xa9\", "
        "host: \"www.example.com:80\", referrer: \"http://r/\"x\"\"");
}

TEST_CASE("lines with less context") {
  CHECK(compose("client 127.0.0.1 closed keepalive connection", 0, {.connection = 309},
                Level::info) ==
        "2026/01/01 00:00:00 [info] 12#13: *309 client 127.0.0.1 closed keepalive connection");
  CHECK(compose("accept4() failed", EMFILE, {}, Level::crit) ==
        "2026/01/01 00:00:00 [crit] 12#13: accept4() failed (24: Too many open files)");
  CHECK(compose("client timed out", ETIMEDOUT,
                {.connection = 1,
                 .action = "waiting for request",
                 .client = "127.0.0.1",
                 .server = "127.0.0.1:8080"},
                Level::info) ==
        "2026/01/01 00:00:00 [info] 12#13: *1 client timed out (110: Connection timed out) while "
        "waiting for request, client: 127.0.0.1, server: 127.0.0.1:8080");
  CHECK(compose("x", 12345, {}) == "2026/01/01 00:00:00 [error] 12#13: x (12345: Unknown error)");
}

TEST_CASE("upstream names") {
  CHECK(upstream_name("https://", "127.0.0.1:81", "/a?b") == "https://127.0.0.1:81/a?b");
  CHECK(upstream_name("http://", "[::1]:81", "/") == "http://[::1]:81/");
  CHECK(upstream_name("http://", "unix:/run/app.sock", "/a") == "http://unix:/run/app.sock:/a");
  CHECK(upstream_name("http://", "unix:/a.sock", "/a", false) == "http://unix:/a.sock/a");
  CHECK(upstream_name("http://", "app", "/") == "http://app/");
}

TEST_CASE("a line has at most 2047 bytes") {
  const std::string uri(1900, 'a');
  const std::string request = "GET /" + uri + " HTTP/1.0";
  const std::string upstream = "http://127.0.0.1:18109/" + uri;
  const LogContext context{.connection = 316,
                           .action = "connecting to upstream",
                           .client = "127.0.0.1",
                           .server = "srv",
                           .request = request,
                           .upstream = upstream,
                           .host = "x"};
  const std::string line = compose("connect() failed", ECONNREFUSED, context);
  CHECK(line.size() == 2047);
  CHECK(line.ends_with("aaa"));
}

TEST_CASE("a message that is too long leaves room for its errno") {
  const std::string line = compose(std::string(5000, 'm'), ETIMEDOUT, {.client = "127.0.0.1"});
  CHECK(line.size() == 2047);
  const auto dots = line.find("...");
  CHECK(dots == 2048 - 50);
  CHECK(line.substr(dots) == "... (110: Connection timed out), client: 127.0.0.");
}

TEST_CASE("levels are filtered and named") {
  Lines lines;
  ErrorLog log(lines, Level::error, 1, 1);
  CHECK(log.wants(Level::crit));
  CHECK_FALSE(log.wants(Level::warn));
  log.write(kNow, Level::warn, "no");
  log.write(kNow, Level::error, "yes");
  log.write(kNow, Level::alert, "socket() failed", EMFILE, {});
  log.set_level(Level::info);
  log.write(kNow, Level::info, "now too");
  log.write(kNow, Level::debug, "still not");
  const std::vector<std::pair<Level, std::string>> expected{
      {Level::error, "2026/01/01 00:00:00 [error] 1#1: yes"},
      {Level::alert, "2026/01/01 00:00:00 [alert] 1#1: socket() failed (24: Too many open files)"},
      {Level::info, "2026/01/01 00:00:00 [info] 1#1: now too"},
  };
  CHECK(lines.errors == expected);
  for (const auto level : {Level::emerg, Level::alert, Level::crit, Level::error, Level::warn,
                           Level::notice, Level::info, Level::debug}) {
    CHECK(parse_level(to_string(level)).value() == level);
  }
  CHECK(parse_level("warning").error().message ==
        "\"warning\" is not one of debug, info, notice, warn, error, crit, alert or emerg");
  CHECK(parse_level("eror").error().message ==
        "\"eror\" is not one of debug, info, notice, warn, error, crit, alert or emerg; did you "
        "mean \"error\"?");
}
