#include "harness/reproduce/search.h"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

#include "harness/evidence/evidence.h"
#include "harness/nginx_conf/site.h"
#include "harness/nginx_conf/tree.h"
#include "harness/reproduce/configured.h"
#include "harness/reproduce/identity.h"
#include "harness/reproduce/input.h"
#include "harness/reproduce/limits.h"
#include "harness/reproduce/pattern.h"
#include "harness/reproduce/write_up.h"
#include "harness/toml_text.h"

using namespace badgate::harness;
using namespace badgate::harness::reproduce;
using Captures = std::vector<std::string>;

namespace {

evidence::Evidence read(const std::string& line) {
  const auto read = evidence::read_line(line);
  REQUIRE(read);
  return *read;
}

std::string line_with(const std::string& message, const std::string& request,
                      const std::string& upstream, const std::string& rest = "",
                      const std::string& level = "error") {
  return "2026/11/23 04:15:25 [" + level + "] 812#812: *99 " + message +
         ", client: 198.51.100.4, server: shop.example, request: \"" + request + "\"" +
         (upstream.empty() ? "" : ", upstream: \"" + upstream + "\"") +
         ", host: \"shop.example:8443\"" + rest;
}

constexpr auto kHeader = " while reading response header from upstream";

Found search_for(const std::string& line) {
  SearchOptions options;
  options.run.clock = ClockChoice::virtual_clock;
  return search(read(line), {}, options);
}

std::string first_problem(const Found& found) {
  if (found.tried.empty()) return "nothing was tried";
  const auto& attempt = found.tried.front();
  if (!attempt.problem.empty()) return attempt.problem;
  return attempt.differences.empty()
             ? attempt.nearest
             : attempt.differences.front().what + ": " + attempt.differences.front().got;
}

}  // namespace

TEST_CASE("reproduce: patterns capture what their stars stand for") {
  CHECK(match("a * c", "a b c") == Captures{"b"});
  CHECK(match("* (*: *)", "x (1: y) (2: z)") == Captures{"x", "1", "y) (2: z"});
  CHECK(match("plain", "plain") == Captures{});
  CHECK_FALSE(match("plain", "plainer"));
  CHECK_FALSE(match("a*b", "ac"));
  CHECK_FALSE(match("abc*abc", "abc"));
}

TEST_CASE("reproduce: time, process, client, addresses and ports make no difference") {
  const auto a = read(
      "2026/11/23 04:15:25 [crit] 7#7: *1 connect() to unix:/run/a.sock failed (2: No such file or "
      "directory) while connecting to upstream, client: 10.0.0.1, server: s, request: \"GET / "
      "HTTP/1.1\", upstream: \"http://unix:/run/a.sock:/\", host: \"h\"");
  const auto b = read(
      "2020/01/02 00:00:00 [crit] 99#3: *77 connect() to unix:/tmp/b failed (2: No such file or "
      "directory) while connecting to upstream, client: ::1, server: s, request: \"GET / "
      "HTTP/1.1\", upstream: \"http://unix:/tmp/b:/\", host: \"h\"");
  CHECK(differences(a, b).empty());
}

TEST_CASE("reproduce: everything else makes one") {
  const std::string same = line_with("upstream sent too big header" + std::string(kHeader),
                                     "GET /a HTTP/1.1", "http://10.0.0.1:80/a");
  struct Change {
    std::string from;
    std::string to;
    std::string what;
  };
  for (const auto& [from, to, what] :
       {Change{"[error]", "[crit]", "level"}, Change{"too big", "no valid", "message"},
        Change{"server: shop", "server: api", "server"}, Change{"GET", "POST", "request"},
        Change{"HTTP/1.1", "HTTP/1.0", "request"},
        Change{"http://10", "https://10", "upstream's scheme"},
        Change{"10.0.0.1:80/", "app/", "upstream"}, Change{"10.0.0.1:80/", "unix:/s:/", "upstream"},
        Change{":80/a\"", ":80/b\"", "upstream's URI"},
        Change{"host: \"shop", "host: \"x", "host"}}) {
    std::string other = same;
    other.replace(other.find(from), from.size(), to);
    const auto found = differences(read(same), read(other));
    REQUIRE_MESSAGE(found.size() == 1, other);
    CHECK(found.front().what == what);
  }
}

TEST_CASE("reproduce: libraries spell the same failure differently") {
  CHECK(
      timeless("SSL_do_handshake() failed (SSL: error:14094410:SSL routines:ssl3_read_bytes:sslv3 "
               "alert handshake failure:SSL alert number 40)") ==
      timeless("SSL_do_handshake() failed (SSL: error:0A000410:SSL routines::ssl/tls alert "
               "handshake failure:SSL alert number 40)"));
  CHECK(timeless("upstream timed out (110: Operation timed out) while connecting to upstream") ==
        timeless("upstream timed out (110: Connection timed out) while connecting to upstream"));
  CHECK(timeless("connect() failed (113: Host is unreachable)") ==
        timeless("connect() failed (113: No route to host)"));
  CHECK(timeless("connect() failed (111: x)") != timeless("connect() failed (113: x)"));
  CHECK(timeless("a could not be resolved (2: Server failure)") !=
        timeless("a could not be resolved (2: x)"));
  CHECK(timeless("(18:self signed certificate)") == timeless("(18:self-signed certificate)"));
  CHECK(timeless("(SSL: error:0A000410:SSL routines::x)") !=
        timeless("(SSL: error:0A000411:SSL routines::x)"));
}

// None of these lines is of the catalogue.
TEST_CASE("reproduce: lines of one's own come out again") {
  const std::string header = kHeader;
  for (const auto& line : {
           line_with("upstream timed out (110: Connection timed out)" + header,
                     "GET /r\xC3\xA9sum\xC3\xA9/a%20b?q=%22 HTTP/2.0",
                     "http://[2001:db8::1]:9000/r\xC3\xA9sum\xC3\xA9/a%20b?q=%22",
                     ", referrer: \"https://a.example/b?c=\\\"d\\\"\""),
           line_with("upstream timed out (110: Connection timed out)" + header,
                     "GET /api/v1/items?page=2 HTTP/1.1", "http://10.1.1.1:80/v1/items?page=2"),
           line_with("upstream timed out (110: Connection timed out)" + header, "GET /old HTTP/1.1",
                     "http://10.1.1.1:80/new/place?with=query"),
           line_with("upstream sent invalid header: \"X-Robots\\x09...\"" + header,
                     "DELETE /x HTTP/1.1", "https://10.1.1.1/x"),
           line_with("upstream sent invalid header: \"Set-Cookie: a=b\\x00...\"" + header,
                     "GET /x.php HTTP/1.1", "fastcgi://127.0.0.1:9000"),
           line_with(
               "upstream sent duplicate header line: \"Transfer-Encoding: chunked\", previous "
               "value: \"transfer-encoding: Chunked\"" +
                   header,
               "GET / HTTP/1.0", "http://10.1.1.1:80/"),
           line_with(
               "upstream sent duplicate header line: \"ETag: b\", previous value: \"etag: a\", "
               "ignored" +
                   header,
               "GET / HTTP/1.1", "http://10.1.1.1:80/", "", "warn"),
           line_with(
               "upstream sent invalid \"Content-Length\" header: \"content-length: 12x\"" + header,
               "GET / HTTP/1.1", "http://10.1.1.1:80/"),
           line_with("upstream sent unknown \"Transfer-Encoding\": \"br\"" + header,
                     "GET / HTTP/1.1", "http://10.1.1.1:80/"),
           line_with(
               "FastCGI sent in stderr: \"PHP message: PHP Warning:  Undefined variable $a in "
               "/var/www/a.php on line 3; PHP message: it's \"quoted\"\"" +
                   header,
               "PUT /a.php/info HTTP/1.1", "fastcgi://unix:/run/php/php8.3-fpm.sock:"),
           line_with("upstream sent invalid FastCGI record type: 77" + header,
                     "GET /a.php HTTP/1.1", "fastcgi://127.0.0.1:9000"),
           line_with("upstream sent unsupported FastCGI protocol version: 83" + header,
                     "GET /a.php HTTP/1.1", "fastcgi://127.0.0.1:9000"),
           line_with("upstream sent invalid status \"2OO\"" + header, "GET /a.php HTTP/1.1",
                     "fastcgi://127.0.0.1:9000"),
           line_with("limiting requests, excess: 20.488 by zone \"per visitor\"",
                     "GET /login HTTP/1.1", ""),
           line_with("limiting requests, excess: 0.125 by zone \"z\"", "GET /login HTTP/1.1", "",
                     "", "warn"),
           line_with("limiting connections by zone \"addr\"", "POST /login HTTP/1.1", ""),
           line_with("client intended to send too large body: 73400320000 bytes",
                     "POST /up HTTP/1.1", ""),
           line_with("client intended to send too large body: 70001 bytes", "PUT /up HTTP/1.1", ""),
           line_with("auth.internal.corp could not be resolved (3: Host not found)",
                     "GET /x HTTP/1.1", ""),
           line_with("SSL_do_handshake() failed (SSL: error:0A00041B:SSL routines::tlsv1 alert "
                     "decrypt error:SSL alert number 51) while SSL handshaking to upstream",
                     "GET / HTTP/1.1", "https://10.1.1.1:443/"),
           line_with("upstream SSL certificate does not match \"api.internal.corp\" while SSL "
                     "handshaking to upstream",
                     "GET / HTTP/1.1", "https://10.1.1.1:443/"),
           line_with("no live upstreams while connecting to upstream", "POST /x HTTP/1.1",
                     "http://my-backend_2.prod/x"),
           line_with("unsafe URI \"/../etc/passwd\" was detected" + header, "GET /d HTTP/1.1",
                     "http://10.1.1.1:80/d"),
           line_with("open() \"/var/lib/nginx/body/0000000012\" failed (13: Permission denied)",
                     "POST /up HTTP/1.1", "", "", "crit"),
           line_with("320 worker_connections are not enough while connecting to upstream",
                     "GET / HTTP/1.1", "http://10.1.1.1:80/", "", "alert"),
       }) {
    const auto found = search_for(line);
    CHECK_MESSAGE(found.reproduced, line, "\n  ", first_problem(found));
  }
}

TEST_CASE("reproduce: what no proxy writes is not accepted") {
  // A space ends the name: nginx would not have read as far.
  const auto found = search_for(
      line_with("upstream sent invalid header: \"Two Words\\x20...\"" + std::string(kHeader),
                "GET / HTTP/1.1", "http://10.1.1.1:80/"));
  CHECK_FALSE(found.reproduced);
  REQUIRE_FALSE(found.tried.empty());
  CHECK(found.tried.front().differences.front().what == "message");
}

TEST_CASE("reproduce: where nothing can make a line, it says why") {
  for (const auto* message :
       {"connect() failed (113: No route to host) while connecting to upstream",
        "writev() failed (32: Broken pipe) while sending request to upstream",
        "upstream sent too large http2 frame: 4740180 while reading response header from "
        "upstream"}) {
    const auto line = read(line_with(message, "GET / HTTP/1.1", "http://10.1.1.1:80/"));
    CHECK(why_not(line) != "");
  }
  auto line =
      read(line_with("upstream timed out (110: Connection timed out)" + std::string(kHeader),
                     "GET / HTTP/1.1", "http://10.1.1.1:80/"));
  CHECK(why_not(line) == "");
  line.subrequest = "/auth";
  CHECK(why_not(line) != "");
}

TEST_CASE("reproduce: the file passes, and its remedies are true") {
  const auto line =
      line_with("recv() failed (104: Connection reset by peer)" + std::string(kHeader),
                "GET /index.php HTTP/1.1", "fastcgi://unix:/run/php.sock:");
  SearchOptions options;
  options.run.clock = ClockChoice::virtual_clock;
  const auto evidence = read(line);
  const auto found = search(evidence, {}, options);
  REQUIRE(found.reproduced);
  const auto written = write_up(found, line, evidence, {}, options.run);
  CHECK(written.problem == "");
  CHECK(written.last.status == 502);
  CHECK_FALSE(written.remedies.empty());
  for (const auto& remedy : written.remedies)
    CHECK_MESSAGE((remedy.last.status < 400) == remedy.helps, remedy.title);
}

TEST_CASE("reproduce: a log is searched for causes before consequences") {
  std::istringstream log(
      line_with("no live upstreams while connecting to upstream", "GET / HTTP/1.1", "http://app/") +
      "\n" +
      line_with("no live upstreams while connecting to upstream", "GET /b HTTP/1.1",
                "http://app/") +
      "\nnoise\n" +
      line_with("connect() failed (111: Connection refused) while connecting to upstream",
                "GET / HTTP/1.1", "http://10.0.0.1:80/") +
      "\n");
  const auto kinds = choose_lines(log);
  REQUIRE(kinds.size() == 2);
  CHECK(kinds[0].number == 4);
  CHECK(kinds[1].count == 2);
}

TEST_CASE("reproduce: messages of several lines are one") {
  std::istringstream log(
      "2026/11/23 04:15:25 [error] 8#8: *9 FastCGI sent in stderr: \"PHP message: PHP Fatal error: "
      " "
      "Uncaught Error in /a.php:3\nStack trace:\n#0 {main}\n  thrown in /a.php on line 3\" while "
      "reading response header from upstream, client: 10.0.0.1, server: , request: \"GET /a.php "
      "HTTP/1.1\", upstream: \"fastcgi://10.0.0.1:9000\", host: \"a\"\n");
  const auto chosen = line_number(log, 3);
  REQUIRE(chosen);
  CHECK(chosen->number == 1);
  CHECK(chosen->evidence.host == "a");
  CHECK(search_for(chosen->written).reproduced);
}

TEST_CASE("reproduce: a message that never ends does not shift the numbers of lines") {
  std::istringstream log(
      "2026/11/23 04:15:25 [error] 8#8: *9 FastCGI sent in stderr: \"PHP message: "
      "one\ntwo\nthree\n" +
      line_with("connect() failed (111: Connection refused) while connecting to upstream",
                "GET / HTTP/1.1", "http://10.0.0.1:80/") +
      "\n");
  const auto chosen = line_number(log, 4);
  REQUIRE(chosen);
  CHECK(chosen->number == 4);
  CHECK(chosen->evidence.error_number == 111);
}

TEST_CASE("reproduce: of HAProxy's log the failures come first, each a kind of its own") {
  const std::string head =
      "Nov 20 10:11:12 lb haproxy[2]: 203.0.113.7:5123 [20/Nov/2026:10:11:09.123] fe be/app1 ";
  const std::string rest = " 2/2/0/0/0 0/0 \"GET / HTTP/1.1\"\n";
  std::istringstream log(head + "0/0/1/2/3 200 194 - - ----" + rest + head +
                         "0/0/1/-1/50002 504 194 - - sH--" + rest + head +
                         "0/0/1/-1/50002 504 194 - - sH--" + rest);
  const auto kinds = choose_lines(log);
  REQUIRE(kinds.size() == 2);
  CHECK(kinds[0].evidence.code == "sH--");
  CHECK(kinds[0].count == 2);
}

TEST_CASE("reproduce: amounts make no kinds, and failures find room in a full list") {
  std::string text;
  for (int i = 0; i < 300; ++i) {
    text += line_with("limiting requests, excess: 1." + std::to_string(i) + " by zone \"z\"",
                      "GET / HTTP/1.1", "") +
            "\n";
  }
  for (int i = 0; i < 300; ++i) {
    text += line_with("something was noticed " + std::string(static_cast<std::size_t>(i), 'x'),
                      "GET / HTTP/1.1", "", "", "info") +
            "\n";
  }
  std::istringstream log(text + line_with("upstream sent too big header" + std::string(kHeader),
                                          "GET / HTTP/1.1", "http://10.0.0.1:80/"));
  const auto kinds = choose_lines(log);
  CHECK(kinds.size() == 256);
  CHECK(kinds[0].count == 300);
  CHECK(kinds[1].evidence.message.starts_with("upstream sent too big header"));
}

TEST_CASE("reproduce: of a message alone the level is anybody's guess") {
  const auto pasted = read_given(
      "connect() to unix:/run/php.sock failed (2: No such file or directory) while connecting to "
      "upstream");
  REQUIRE(pasted);
  SearchOptions options;
  options.run.clock = ClockChoice::virtual_clock;
  CHECK(search(pasted->evidence, {}, options).reproduced);
}

TEST_CASE("reproduce: what a configuration quotes stays a comment") {
  const auto tree = nginx_conf::read_text(
      "upstream app {\n  server \"127.0.0.1:80\n[[upstream.evil]]\n#\";\n}\n"
      "server {\n  server_name shop.example;\n  location / { proxy_pass http://app; }\n}\n",
      "a\n[b].conf");
  const auto line = read(line_with("upstream sent too big header" + std::string(kHeader),
                                   "GET / HTTP/1.1", "http://10.0.0.1:80/"));
  const auto configured = configured_by(nginx_conf::site_of(tree), line);
  REQUIRE(configured);
  SearchOptions options;
  options.run.clock = ClockChoice::virtual_clock;
  const Found found = search(line, *configured, options);
  for (const reproduce::Attempt& attempt : found.tried)
    CHECK(("\n" + attempt.text).find("\n[[upstream.evil]]") == std::string::npos);
  CHECK(!found.tried.empty());
}
