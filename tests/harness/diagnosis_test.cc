// The tables of causes are consistent, and lines lead to the causes that they speak of.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>

#include "harness/diagnosis/diagnose.h"
#include "harness/diagnosis/known_causes.h"
#include "harness/diagnosis/rules.h"

using namespace badgate::harness;
using namespace badgate::harness::diagnosis;
namespace fs = std::filesystem;

namespace {

// The suspects of a message, by their scenarios.
std::vector<std::string> of(const std::string& message, const std::string& rest = {}) {
  const auto line = evidence::read_line("2026/11/23 04:15:25 [error] 1#1: *1 " + message +
                                        ", client: 1.1.1.1" + rest);
  REQUIRE(line);
  std::vector<std::string> names;
  for (const auto& suspect : diagnose(*line))
    names.push_back(suspect.scenario);
  return names;
}

std::string first_of(const std::string& message, const std::string& rest = {}) {
  const auto names = of(message, rest);
  return names.empty() ? "" : names.front();
}

constexpr std::string_view kPhp =
    ", server: s, request: \"GET /a.php HTTP/1.1\", upstream: \"fastcgi://unix:/run/php.sock:\"";

}  // namespace

TEST_CASE("every known cause is a folder of the catalogue, and its scenario a file") {
  std::set<std::string_view> ids;
  for (const auto part : known_causes()) {
    for (const KnownCause& known : part) {
      CAPTURE(known.id);
      CHECK(ids.insert(known.id).second);
      const auto scenarios = fs::path(BADGATE_SOURCE) / "scenarios";
      CHECK(fs::is_directory(scenarios / known.cause()));
      const auto scenario = std::string(known.shown_by());
      if (!scenario.empty()) CHECK(fs::exists(scenarios / (scenario + ".toml")));
      CHECK(known.plain.ends_with('.'));
      CHECK_FALSE(known.row.empty());
    }
  }
  CHECK(ids.size() > 100);
}

TEST_CASE("rules and hints speak of known causes alone") {
  for (const auto table :
       {error_rules_connecting(), error_rules_tls(), error_rules_answer(), error_rules_local(),
        access_rules(), haproxy_rules(), envoy_rules(), apache_rules(), php_fpm_rules()}) {
    for (const Rule& rule : table) {
      CAPTURE(rule.message);
      CHECK(rule.means.ends_with('.'));
      CHECK_FALSE(rule.suspects.front().empty());
      for (const auto id : rule.suspects) {
        CAPTURE(id);
        CHECK((id.empty() || known_cause(id) != nullptr));
      }
    }
  }
  for (const Hint& hint : hints()) {
    CAPTURE(hint.id);
    CHECK(known_cause(hint.id) != nullptr);
  }
}

TEST_CASE("a line leads to its cause") {
  CHECK(first_of("connect() failed (111: Connection refused) while connecting to upstream") ==
        "upstream-down/application-not-running");
  CHECK(first_of("upstream timed out (110: Connection timed out) while reading response header "
                 "from upstream") == "slow-application/report-takes-75s");
  CHECK(first_of("no live upstreams while connecting to upstream") ==
        "upstream-down/both-are-down");
  CHECK(first_of("connect() to unix:/run/php.sock failed (2: No such file or directory) while "
                 "connecting to upstream",
                 std::string(kPhp)) == "php-fpm/stopped-socket-gone");
  CHECK(first_of("12 worker_connections are not enough") == "worker-limits/connections-run-out");
  CHECK(first_of("limiting requests, excess: 1.000 by zone \"z\"") ==
        "rate-limit/more-than-the-rate");
}

TEST_CASE("what cannot be told apart is told as a set") {
  const auto timed_out =
      of("upstream timed out (110: Connection timed out) while connecting to upstream");
  CHECK(std::ranges::count(timed_out, "firewall/drops-packets") == 1);
  CHECK(std::ranges::count(timed_out, "firewall/looks-like-a-firewall") == 1);
}

TEST_CASE("patterns match where they should") {
  CHECK(begins_like("connect() to unix:/a failed (2: No", "connect() to * failed (2:"));
  CHECK_FALSE(begins_like("connect() to unix:/a failed (22: No", "connect() to * failed (2:"));
  CHECK(begins_like("anything", ""));
  CHECK_FALSE(begins_like("", "a"));
  CHECK(begins_like("abc", "*c"));
  CHECK_FALSE(begins_like("abc", "c"));
}
