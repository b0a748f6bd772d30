#include "proxy/versions.h"

#include <doctest/doctest.h>

#include <vector>

using namespace badgate::proxy;

TEST_CASE("versions are read as nginx numbers them") {
  CHECK(version_number("1.22.1") == 1022001);
  CHECK(version_number("1.31.5") == 1031005);
  CHECK(version_number("0.0.0") == 0);
  for (const auto bad : {"", "1", "1.22", "1.22.", "1.22.1.0", "1.22.x", "v1.22.1", "1.-2.1",
                         "1.22.1234", " 1.22.1", "1..1"}) {
    CAPTURE(bad);
    CHECK_FALSE(version_number(bad).has_value());
  }
}

TEST_CASE("what resolver and server lines may say") {
  CHECK_FALSE(rules_of("1.23.0").resolver_ipv4);
  CHECK(rules_of("1.23.1").resolver_ipv4);
  CHECK_FALSE(rules_of("1.27.2").resolve_servers);
  CHECK(rules_of("1.27.3").resolve_servers);
}

TEST_CASE("what changed when") {
  struct Row {
    const char* version;
    bool framing;  // 1.23.0
    bool hints;    // 1.29.0
    bool http11;   // 1.29.7
  };
  const std::vector<Row> table{
      {"1.22.1", false, false, false}, {"1.23.0", true, false, false},
      {"1.28.3", true, false, false},  {"1.29.0", true, true, false},
      {"1.29.4", true, true, false},   {"1.29.5", true, true, false},
      {"1.29.6", true, true, false},   {"1.29.7", true, true, true},
      {"1.31.5", true, true, true},
  };
  for (const auto& row : table) {
    CAPTURE(row.version);
    const Rules rules = rules_of(row.version);
    CHECK(rules.version == version_number(row.version));
    CHECK(rules.response.reject_bad_framing == row.framing);
    CHECK(rules.response.drop_duplicates == row.framing);
    CHECK(rules.join_headers == row.framing);
    CHECK(rules.response.skip_early_hints == row.hints);
    CHECK(rules.http11_default_upstream == row.http11);
  }
}

TEST_CASE("defaults that depend on the version") {
  Settings settings;
  Upstream upstream;
  settings.nginx_version = "1.22.1";
  CHECK(upstream_http_version(settings, rules_of(settings.nginx_version)) == 1000);
  CHECK(kept_connections(upstream, rules_of("1.22.1")) == 0);
  settings.nginx_version = "1.29.7";
  CHECK(upstream_http_version(settings, rules_of(settings.nginx_version)) == 1001);
  CHECK(kept_connections(upstream, rules_of("1.29.7")) == 32);
  settings.proxy_http_version = "1.0";
  CHECK(upstream_http_version(settings, rules_of(settings.nginx_version)) == 1000);
  upstream.keepalive = 0;
  CHECK(kept_connections(upstream, rules_of("1.29.7")) == 0);
}
