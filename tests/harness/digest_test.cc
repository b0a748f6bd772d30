// A whole log: what is a consequence of what, how often, when and where, in bounded memory.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <vector>

#include "harness/diagnosis/counts.h"
#include "harness/diagnosis/hash.h"
#include "harness/diagnosis/histogram.h"
#include "harness/diagnosis/ingest.h"
#include "harness/diagnosis/summary_report.h"

using namespace badgate::harness::diagnosis;

namespace {

constexpr std::string_view kRefused =
    "connect() failed (111: Connection refused) while connecting to upstream";
constexpr std::string_view kClosed =
    "upstream prematurely closed connection while reading response header from upstream";
constexpr std::string_view kTimedOut =
    "upstream timed out (110: Connection timed out) while reading response header from upstream";
constexpr std::string_view kNoLive = "no live upstreams while connecting to upstream";
constexpr std::string_view kDisabled =
    "upstream server temporarily disabled while reading response header from upstream";

std::string line(int second, int connection, std::string_view message,
                 std::string_view upstream = "127.0.0.1:9000", std::string_view level = "error",
                 std::string_view request = "GET /x?y=1 HTTP/1.1") {
  return fmt::format(
      "2026/11/23 04:{:02}:{:02} [{}] 7#7: *{} {}, client: 10.0.0.7, server: shop, request: "
      "\"{}\", "
      "upstream: \"http://{}/x\", host: \"shop\"",
      second / 60, second % 60, level, connection, message, request, upstream);
}

std::string access(int second, int status, std::string_view us, std::string_view uct,
                   std::string_view urt, std::string_view ua = "127.0.0.1:9000",
                   std::string_view request = "GET /x?y=1 HTTP/1.1") {
  return fmt::format(
      "10.0.0.7 - - [23/Nov/2026:04:{:02}:{:02} +0000] \"{}\" {} 157 \"-\" \"-\" rt=0.0 ua=\"{}\" "
      "us=\"{}\" uct=\"{}\" uht=\"-\" urt=\"{}\"",
      second / 60, second % 60, request, status, ua, us, uct, urt);
}

Summary digest_of(const std::vector<std::string>& lines, bool joins = false) {
  Digest digest;
  Ingest ingest(digest, {}, joins);
  for (const auto& text : lines)
    ingest.add_line(text);
  ingest.finish();
  return digest.finish();
}

const CauseSummary* find(const Summary& summary, std::string_view id) {
  const auto at = std::ranges::find_if(summary.causes,
                                       [&](const CauseSummary& c) { return c.known->id == id; });
  return at == summary.causes.end() ? nullptr : &*at;
}

}  // namespace

TEST_CASE("no live upstreams is a consequence of what went before") {
  std::vector<std::string> lines{line(1, 1, kRefused)};
  for (int i = 0; i < 30; ++i)
    lines.push_back(line(2, 2 + i, kNoLive, "app"));
  const auto summary = digest_of(lines);
  const auto* storm = find(summary, "upstream-down/both-are-down");
  REQUIRE(storm);
  CHECK(storm->lines == 30);
  REQUIRE(storm->because_of.size() == 1);
  REQUIRE(storm->because_of.begin()->first);
  CHECK(storm->because_of.begin()->first->id == "upstream-down/application-not-running");
}

TEST_CASE("no live upstreams with nothing before it: the servers are marked down") {
  const auto summary = digest_of({line(1, 1, kNoLive, "app")});
  REQUIRE(summary.causes.size() == 1);
  CHECK(summary.causes[0].known->id == "pool-empty/marked-down");
}

TEST_CASE("kept connections that make healthy servers count as failed") {
  std::vector<std::string> lines;
  for (int i = 1; i <= 3; ++i) {
    const auto server = fmt::format("127.0.0.{}:9000", i);
    lines.push_back(line(5, 9, kClosed, server));
    lines.push_back(line(5, 9, kDisabled, server, "warn"));
  }
  lines.push_back(line(5, 9, kNoLive, "app"));
  const auto summary = digest_of(lines);
  CHECK(find(summary, "keepalive-race/healthy-servers-marked-as-failed"));
}

TEST_CASE("temporarily disabled is of the line beside it, before or behind") {
  const auto summary =
      digest_of({line(1, 1, kDisabled, "127.0.0.1:9000", "warn"), line(1, 1, kTimedOut),
                 line(2, 2, kRefused), line(2, 2, kDisabled, "127.0.0.1:9000", "warn")});
  CHECK(summary.failures == 2);
  REQUIRE(summary.causes.size() == 2);
  CHECK(summary.causes[0].marked == 1);
  CHECK(summary.causes[1].marked == 1);
}

TEST_CASE("auth_request's own line repeats its subrequest's") {
  const auto summary =
      digest_of({line(1, 1, kRefused),
                 line(1, 1, "auth request unexpected status: 502 while sending to client")});
  REQUIRE(summary.causes.size() == 1);
  CHECK(summary.causes[0].known->id == "upstream-down/application-not-running");
  CHECK(summary.causes[0].followed == 1);
}

TEST_CASE("the access log refines the error log") {
  const std::string post = "POST /order HTTP/1.1";
  const auto of = [&](std::string_view urt, bool answered_before) {
    std::vector<std::string> lines;
    if (answered_before) lines.push_back(access(1, 200, "200", "0.001", "0.002"));
    lines.push_back(line(40, 3, kClosed, "127.0.0.1:9000", "error", post));
    lines.push_back(access(40, 502, "502", "0.000", urt, "127.0.0.1:9000", post));
    const auto summary = digest_of(lines, true);
    REQUIRE(summary.causes.size() == 1);
    CHECK(summary.failures == 1);
    return summary.causes[0].known->id;
  };
  CHECK(of("0.001", true) == "keepalive-race/post-is-not-retried");
  CHECK(of("30.003", true) == "application-crash/worker-killed-after-30s");
  CHECK(of("7.123", true) == "application-crash/order-dies-with-its-worker");
}

TEST_CASE("with both logs, no failure counts twice") {
  // The lines of a second in the error log come before those in the access log.
  const auto failures = [](bool keeps_connection, bool logs_tries, bool some_succeed) {
    std::vector<std::string> lines;
    for (int second = 0; second < 5; ++second) {
      for (int i = 0; i < 10; ++i)
        lines.push_back(line(second, keeps_connection ? 1 : 10 * second + i, kRefused));
      for (int i = 0; i < 10; ++i) {
        auto failed = access(second, 502, "502", "-", "0.000");
        if (!logs_tries) failed.resize(failed.find(" rt="));
        if (some_succeed) lines.push_back(access(second, 200, "200", "0.000", "0.001"));
        lines.push_back(failed);
      }
    }
    return digest_of(lines, true).failures;
  };
  CHECK(failures(false, true, false) == 50);
  CHECK(failures(false, false, false) == 50);
  CHECK(failures(true, true, false) == 50);
  CHECK(failures(false, true, true) == 50);
  CHECK(failures(true, true, true) == 50);
  // A client's own connection beside an access log without $upstream_*.
  CHECK(failures(true, false, false) == 50);
  CHECK(failures(true, false, true) == 50);
  CHECK(failures(false, false, true) == 50);
}

TEST_CASE("an error line is of the request that fits it, by host and time") {
  const auto of_host = [](std::string text, std::string_view host) {
    text.replace(text.find("host: \"shop\""), 12, fmt::format("host: \"{}\"", host));
    return text;
  };
  std::vector<std::string> rows;
  Digest digest([&](const Event& event, const Verdicts::Entry&, const auto*) {
    rows.emplace_back(event.line.substr(event.line.find("host")));
  });
  Ingest ingest(digest,
                badgate::harness::evidence::Reader(*badgate::harness::evidence::LogFormat::parse(
                    "$remote_addr [$time_local] \"$request\" $status $host")),
                true);
  const auto access_of = [](int second, std::string_view host) {
    return fmt::format("10.0.0.7 [23/Nov/2026:04:00:{:02} +0000] \"GET /x?y=1 HTTP/1.1\" 502 {}",
                       second, host);
  };
  ingest.add_line(of_host(line(1, 1, kRefused), "a:8080"));
  ingest.add_line(of_host(line(1, 1, kRefused), "B"));
  ingest.add_line(of_host(line(2, 1, kRefused), "b2"));
  ingest.add_line(of_host(line(3, 1, kRefused), "b2"));
  ingest.add_line(access_of(1, "b"));
  REQUIRE(rows.size() == 1);
  CHECK(rows[0] == "host: \"B\"");
  ingest.add_line(access_of(3, "b2"));
  REQUIRE(rows.size() == 2);
  ingest.finish();
  const auto summary = digest.finish();
  CHECK(summary.failures == 4);
}

TEST_CASE("a log that is watched tells an error at the second look, and its request adds nothing") {
  std::size_t placed = 0;
  Digest told([&placed](const auto&, const auto&, const auto*) { ++placed; });
  Ingest watched(told, {}, true);
  watched.tell_older();
  watched.add_line(line(1, 1, kRefused));
  watched.tell_older();
  CHECK(placed == 0);
  watched.tell_older();
  CHECK(placed == 1);
  watched.add_line(access(60, 502, "502", "-", "59.000"));
  watched.add_line(access(1, 502, "502", "-", "0.000"));
  watched.tell_older();
  watched.finish();
  CHECK(placed == 2);
  CHECK(told.finish().failures == 2);
}

TEST_CASE("all that a request's tries have logged is one access line's") {
  const auto summary =
      digest_of({line(1, 3, kRefused, "127.0.0.1:1"), line(1, 3, kRefused, "127.0.0.1:2"),
                 line(1, 4, kRefused, "127.0.0.1:1"), line(1, 4, kRefused, "127.0.0.1:2"),
                 access(1, 502, "502, 502", "-, -", "0.000, 0.000", "127.0.0.1:1, 127.0.0.1:2"),
                 access(1, 502, "502, 502", "-, -", "0.000, 0.000", "127.0.0.1:1, 127.0.0.1:2")},
                true);
  CHECK(summary.failures == 4);
}

TEST_CASE("one request asked for any number of times is joined line by line") {
  constexpr int kMany = 3000;
  std::vector<std::string> lines;
  for (int i = 0; i < kMany; ++i)
    lines.push_back(line(1, i, kRefused));
  for (int i = 0; i < kMany; ++i)
    lines.push_back(access(1, 502, "502", "-", "0.000"));
  CHECK(digest_of(lines, true).failures == kMany);
}

TEST_CASE("few lines are held for their partners") {
  std::size_t placed = 0;
  Digest digest([&placed](const auto&, const auto&, const auto*) { ++placed; });
  Ingest ingest(digest, {}, false);
  for (int i = 0; i < 1000; ++i)
    ingest.add_line(line(1, i, kDisabled, "127.0.0.1:9000", "warn"));
  CHECK(placed >= 900);
  ingest.finish();
  digest.finish();
  CHECK(placed == 1000);
}

TEST_CASE("two timeouts of the same length") {
  std::vector<std::string> lines;
  for (int i = 0; i < 4; ++i) {
    lines.push_back(line(60 + i, i, i % 2 == 0 ? kTimedOut : kClosed));
    lines.push_back(
        access(60 + i, i % 2 == 0 ? 504 : 502, i % 2 == 0 ? "504" : "502", "0.000", "60.001"));
  }
  CHECK(find(digest_of(lines, true), "timeout-order/same-timeout-twice"));
}

TEST_CASE("error lines whose request never ends in the access log still count") {
  const auto summary =
      digest_of({line(1, 1, kRefused), access(600, 200, "200", "0.0", "0.0", "x:1")}, true);
  CHECK(summary.failures == 1);
}

TEST_CASE("an application's words of several lines are one failure") {
  const auto summary = digest_of(
      {"2026/11/23 04:15:25 [error] 1#1: *1 FastCGI sent in stderr: \"PHP message: PHP Fatal "
       "error:  "
       "Uncaught Error in /a.php:3",
       "Stack trace:", "#0 {main}",
       "  thrown in /a.php on line 3\" while reading response header from upstream, client: "
       "1.1.1.1, "
       "server: s, request: \"GET /a.php HTTP/1.1\", upstream: \"fastcgi://unix:/run/php.sock:\"",
       line(30, 2, kRefused)});
  CHECK(summary.failures == 2);
  CHECK(summary.unknown == 0);
  const auto* fatal = find(summary, "php-fpm/fatal-error");
  REQUIRE(fatal);
  CHECK(fatal->upstreams.top(1).first.front().first == "unix:/run/php.sock");
  CHECK(fatal->paths.top(1).first.front().first == "/a.php");
}

TEST_CASE("the report has what was counted, and is short whatever the log is") {
  std::vector<std::string> lines;
  for (int i = 0; i < 5000; ++i)
    lines.push_back(line(i % 3600, i, kRefused, fmt::format("10.0.{}.{}:80", i / 250, i % 250)));
  lines.emplace_back("this is nothing");
  const auto summary = digest_of(lines);
  CHECK(summary.failures == 5000);
  CHECK(summary.unknown == 1);
  const auto report = summary_report(summary, {});
  CHECK(report.find("5,000 failures of 1 cause; 1 line that badgate cannot read") != report.npos);
  CHECK(report.size() < 5000);
}

TEST_CASE("the frequent ones are counted among any number of rare ones") {
  Counts counts;
  for (int i = 0; i < 100'000; ++i) {
    const auto rare = std::to_string(i);
    counts.add(rare, hash_of(rare));
    if (i % 2 == 0) counts.add("frequent", hash_of("frequent"));
  }
  const auto top = counts.top(3);
  REQUIRE(top.first.size() == 3);
  CHECK(top.first.front().first == "frequent");
  CHECK(top.first.front().second > 49'000);
  CHECK(top.more > 50'000);
}

TEST_CASE("few texts are counted exactly") {
  Counts counts;
  for (int i = 0; i < 300; ++i) {
    const auto text = std::to_string(i % 60);
    counts.add(text, hash_of(text));
  }
  const auto top = counts.top(60);
  CHECK(top.more == 0);
  CHECK(std::ranges::all_of(top.first, [](const auto& entry) { return entry.second == 5; }));
}

TEST_CASE("a spike stands out, a steady stream does not") {
  Histogram steady;
  for (int i = 0; i < 10'000; ++i)
    steady.add(1'795'000'000 + i);
  CHECK_FALSE(steady.spike());
  Histogram spiky = steady;
  for (int i = 0; i < 5'000; ++i)
    spiky.add(1'795'005'000 + i % 10);
  const auto spike = spiky.spike();
  REQUIRE(spike);
  CHECK(spike->begin <= 1'795'005'000);
  CHECK(spike->end > 1'795'005'000);
  CHECK(spike->count >= 5'000);
}
