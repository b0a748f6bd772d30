#include "proxy/directives.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "proxy/access_log.h"

using namespace badgate::proxy;
using badgate::net::find_field;
using namespace std::chrono_literals;

namespace {

template <typename T>
std::string apply(T& into, std::span<const badgate::net::Field<T>> fields, std::string_view name,
                  std::string_view text) {
  const auto* field = find_field(fields, name);
  REQUIRE(field != nullptr);
  const auto result = field->apply(into, text);
  return result ? "" : result.error().message;
}

std::string set(Settings& into, std::string_view name, std::string_view text) {
  return apply(into, settings_fields(), name, text);
}
std::string set(Upstream& into, std::string_view name, std::string_view text) {
  return apply(into, upstream_fields(), name, text);
}
std::string set(Server& into, std::string_view name, std::string_view text) {
  return apply(into, server_fields(), name, text);
}

Settings proper() {
  Settings settings;
  settings.proxy_pass = "http://app";
  settings.upstreams = {{.name = "app", .servers = {{}}}};
  return settings;
}

}  // namespace

TEST_CASE("every directive of the proxy is stored") {
  Settings s;
  for (const auto& [name, text] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"listen", "8080\n127.0.0.2:81\n[::1]:82\nunix:/tmp/a.sock"},
           {"server_name", "example.com"},
           {"proxy_pass", "http://app/v1/"},
           {"proxy_connect_timeout", "1s"},
           {"proxy_send_timeout", "2m"},
           {"proxy_read_timeout", "90"},
           {"proxy_next_upstream", "error http_503"},
           {"proxy_next_upstream_tries", "3"},
           {"proxy_next_upstream_timeout", "500ms"},
           {"proxy_http_version", "1.1"},
           {"proxy_buffer_size", "8k"},
           {"proxy_buffers", "16  8k"},
           {"proxy_busy_buffers_size", "16k"},
           {"proxy_buffering", "off"},
           {"proxy_request_buffering", "off"},
           {"proxy_ignore_client_abort", "on"},
           {"proxy_max_temp_file_size", "0"},
           {"proxy_temp_path", "/tmp/p"},
           {"client_header_buffer_size", "2k"},
           {"large_client_header_buffers", "2 16k"},
           {"client_body_buffer_size", "1m"},
           {"client_body_temp_path", "/tmp/c"},
           {"client_max_body_size", "10m"},
           {"client_header_timeout", "3s"},
           {"client_body_timeout", "4s"},
           {"send_timeout", "5s"},
           {"keepalive_timeout", "0"},
           {"keepalive_requests", "7"},
           {"error_log_level", "info"},
           {"log_format", "$status x"},
           {"nginx_version", "1.22.1"},
       }) {
    CAPTURE(name);
    CHECK(set(s, name, text) == "");
  }
  REQUIRE(s.listen.size() == 4);
  CHECK(s.listen[0].to_string() == "127.0.0.1:8080");
  CHECK(s.listen[3].to_string() == "unix:/tmp/a.sock");
  CHECK(s.server_name() == "example.com");
  CHECK(s.proxy_pass == "http://app/v1/");
  CHECK(s.proxy.connect_timeout == 1s);
  CHECK(s.proxy.send_timeout == 2min);
  CHECK(s.proxy.read_timeout == 90s);
  CHECK(s.proxy.next_upstream == (bit(Reason::error) | bit(Reason::http_503)));
  CHECK(s.proxy.next_upstream_tries == 3);
  CHECK(s.proxy.next_upstream_timeout == 500ms);
  CHECK(s.proxy_http_version == "1.1");
  CHECK(s.proxy.buffer_size == 8192);
  CHECK(s.proxy.buffers.number == 16);
  CHECK(s.proxy.buffers.size == 8192);
  CHECK(s.proxy.busy_buffers_size == 16384);
  CHECK_FALSE(s.proxy.buffering);
  CHECK_FALSE(s.proxy.request_buffering);
  CHECK(s.proxy.ignore_client_abort);
  CHECK(s.proxy.max_temp_file_size == 0);
  CHECK(s.proxy.temp_path == "/tmp/p");
  CHECK(s.client_header_buffer_size == 2048);
  CHECK(s.large_client_header_buffers.number == 2);
  CHECK(s.large_client_header_buffers.size == 16384);
  CHECK(s.client_body_buffer_size == 1 << 20);
  CHECK(s.client_body_temp_path == "/tmp/c");
  CHECK(s.client_max_body_size == 10 << 20);
  CHECK(s.client_header_timeout == 3s);
  CHECK(s.client_body_timeout == 4s);
  CHECK(s.send_timeout == 5s);
  CHECK(s.keepalive_timeout == 0s);
  CHECK(s.keepalive_requests == 7);
  CHECK(s.error_log_level == Level::info);
  CHECK(s.log_format == "$status x");
  CHECK(s.nginx_version == "1.22.1");
}

TEST_CASE("every directive of an upstream and of a server is stored") {
  Upstream u;
  CHECK(set(u, "keepalive", "16") == "");
  CHECK(set(u, "keepalive_requests", "5") == "");
  CHECK(set(u, "keepalive_time", "2h") == "");
  CHECK(set(u, "keepalive_timeout", "3s") == "");
  CHECK(u.keepalive == 16U);
  CHECK(u.keepalive_requests == 5);
  CHECK(u.keepalive_time == 2h);
  CHECK(u.keepalive_timeout == 3s);
  Server s;
  CHECK(set(s, "weight", "5") == "");
  CHECK(set(s, "max_conns", "10") == "");
  CHECK(set(s, "max_fails", "0") == "");
  CHECK(set(s, "fail_timeout", "1m") == "");
  CHECK(set(s, "backup", "on") == "");
  CHECK(set(s, "down", "on") == "");
  CHECK(s.weight == 5);
  CHECK(s.max_conns == 10);
  CHECK(s.max_fails == 0);
  CHECK(s.fail_timeout == 1min);
  CHECK(s.backup);
  CHECK(s.down);
}

TEST_CASE("the tables are complete: names differ, defaults are the settings' own") {
  const auto check_table = [](auto fields, auto fresh) {
    std::set<std::string_view> names;
    for (const auto& field : fields) {
      CAPTURE(field.name);
      CHECK(names.insert(field.name).second);
      CHECK_FALSE(field.syntax.empty());
      CHECK(field.doc.ends_with('.'));
      // What depends on the version says so in words.
      if (field.fallback.empty() || field.fallback.find('(') != field.fallback.npos) continue;
      CHECK(field.apply(fresh, field.fallback).has_value());
    }
    return fresh;
  };
  const Settings defaults;
  const Settings s = check_table(settings_fields(), Settings{});
  CHECK(s.proxy.connect_timeout == defaults.proxy.connect_timeout);
  CHECK(s.proxy.send_timeout == defaults.proxy.send_timeout);
  CHECK(s.proxy.read_timeout == defaults.proxy.read_timeout);
  CHECK(s.proxy.next_upstream == defaults.proxy.next_upstream);
  CHECK(s.proxy.next_upstream_tries == defaults.proxy.next_upstream_tries);
  CHECK(s.proxy.next_upstream_timeout == defaults.proxy.next_upstream_timeout);
  CHECK(s.proxy.buffer_size == defaults.proxy.buffer_size);
  CHECK(s.proxy.buffers.number == defaults.proxy.buffers.number);
  CHECK(s.proxy.buffers.size == defaults.proxy.buffers.size);
  CHECK(s.proxy.busy_buffers_size == busy_buffers_size(defaults.proxy));
  CHECK(s.proxy.buffering == defaults.proxy.buffering);
  CHECK(s.proxy.request_buffering == defaults.proxy.request_buffering);
  CHECK(s.proxy.ignore_client_abort == defaults.proxy.ignore_client_abort);
  CHECK(s.proxy.max_temp_file_size == defaults.proxy.max_temp_file_size);
  CHECK(s.client_header_buffer_size == defaults.client_header_buffer_size);
  CHECK(s.large_client_header_buffers.number == defaults.large_client_header_buffers.number);
  CHECK(s.large_client_header_buffers.size == defaults.large_client_header_buffers.size);
  CHECK(s.client_body_buffer_size == defaults.client_body_buffer_size);
  CHECK(s.client_max_body_size == defaults.client_max_body_size);
  CHECK(s.client_header_timeout == defaults.client_header_timeout);
  CHECK(s.client_body_timeout == defaults.client_body_timeout);
  CHECK(s.send_timeout == defaults.send_timeout);
  CHECK(s.keepalive_timeout == defaults.keepalive_timeout);
  CHECK(s.keepalive_requests == defaults.keepalive_requests);
  CHECK(s.error_log_level == defaults.error_log_level);
  CHECK(s.log_format == LogFormat::default_text());
  CHECK(s.nginx_version == defaults.nginx_version);
  const Upstream u = check_table(upstream_fields(), Upstream{});
  CHECK(u.keepalive_requests == Upstream{}.keepalive_requests);
  CHECK(u.keepalive_time == Upstream{}.keepalive_time);
  CHECK(u.keepalive_timeout == Upstream{}.keepalive_timeout);
  const Server server = check_table(server_fields(), Server{});
  CHECK(server.weight == Server{}.weight);
  CHECK(server.max_conns == Server{}.max_conns);
  CHECK(server.max_fails == Server{}.max_fails);
  CHECK(server.fail_timeout == Server{}.fail_timeout);
  CHECK(server.backup == Server{}.backup);
  CHECK(server.down == Server{}.down);
}

TEST_CASE("values that are refused, and what was expected") {
  struct Row {
    std::string_view name;
    std::string_view text;
    std::string_view message;
  };
  const std::vector<Row> table{
      {"listen", "0.0.0.0:80",
       "\"0.0.0.0:80\" is not a loopback address; write it as 127.0.0.1:8080, [::1]:8080 or "
       "unix:/path"},
      {"listen", "99999",
       "\"99999\" is not a loopback address; write it as 127.0.0.1:8080, [::1]:8080 or "
       "unix:/path"},
      {"server_name", "", "expected a word, not an empty text"},
      {"server_name", "a *", "server name \"*\" is invalid"},
      {"server_name", "a.*.b", "invalid server name or wildcard \"a.*.b\""},
      {"server_name", "~a", "regular expressions such as \"~a\" are not supported"},
      {"proxy_pass", "app",
       "invalid URL prefix in \"app\"; expected http://UPSTREAM or https://UPSTREAM"},
      {"proxy_pass", "ftp://app",
       "invalid URL prefix in \"ftp://app\"; expected http://UPSTREAM or https://UPSTREAM"},
      {"proxy_pass", "http:///x", "no host in upstream \"/x\""},
      {"proxy_pass", "http://app:x", "invalid port in upstream \"app:x\""},
      {"resolver", "valid=10s", "no name servers defined"},
      {"set", "target app.internal", "invalid variable name \"target\""},
      {"set", "$target", "invalid number of arguments in \"set\" directive; expected $name value"},
      {"proxy_read_timeout", "1x", "\"1x\" is not a time; write it as 60s, 500ms or 1m30s"},
      {"proxy_read_timeout", "11y", "\"11y\" is too long a time; expected at most 10y"},
      {"proxy_next_upstream", "eror",
       "\"eror\" is not one of error, timeout, invalid_header, http_500, http_502, http_503, "
       "http_504, http_403, http_404, http_429, non_idempotent or off; did you mean \"error\"?"},
      {"fastcgi_next_upstream", "error http_502", "invalid value \"http_502\""},
      {"proxy_http_version", "1.2", "\"1.2\" is not one of 1.0 or 1.1"},
      {"proxy_buffers", "8", "\"8\" is not a number of buffers and their size; write it as 8 4k"},
      {"proxy_buffers", "0 4k",
       "\"0 4k\" is not a number of buffers and their size; write it as 8 4k"},
      {"proxy_buffers", "8 0",
       "\"8 0\" is not a number of buffers and their size; write it as 8 4k"},
      {"proxy_buffers", "8 4k 1",
       "\"8 4k 1\" is not a number of buffers and their size; write it as 8 4k"},
      {"proxy_buffer_size", "0", "\"0\" is no size for a buffer; expected 1 to 1g"},
      {"proxy_buffer_size", "2g", "\"2g\" is no size for a buffer; expected 1 to 1g"},
      {"proxy_next_upstream_tries", "4294967296",
       "\"4294967296\" is too large; expected at most 2147483647"},
      {"error_log_level", "infos",
       "\"infos\" is not one of debug, info, notice, warn, error, crit, alert or emerg; did you "
       "mean \"info\"?"},
      {"log_format", "$statu", "unknown \"statu\" variable; did you mean \"$status\"?"},
      {"log_format", "a\nb", "expected a text of one line with $variables"},
      {"nginx_version", "1.22", "\"1.22\" is not a version; write it as 1.28.0"},
      {"nginx_version", "1.18.0",
       "\"1.18.0\" is not a version that badgate knows: 1.22.0 to 1.31.x"},
      {"nginx_version", "1.32.0",
       "\"1.32.0\" is not a version that badgate knows: 1.22.0 to 1.31.x"},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    CAPTURE(row.text);
    Settings settings;
    CHECK(set(settings, row.name, row.text) == row.message);
  }
  Server server;
  CHECK(set(server, "weight", "0") == "\"0\" is no weight; expected 1 or more");
  CHECK(set(server, "fail_timeout", "500ms") ==
        "\"500ms\" is not a time in whole seconds; write it as 10s");
  CHECK(set(server, "backup", "yes") != "");
}

TEST_CASE("what nginx refuses at start, in its words") {
  struct Row {
    const char* what;
    void (*change)(Settings&);
    std::vector<std::string> expected;  // "directive: message"
  };
  const std::string minus_one =
      "\"proxy_busy_buffers_size\" must be less than the size of all \"proxy_buffers\" minus one "
      "buffer";
  const std::string largest =
      "the maximum of the value of \"proxy_buffer_size\" and one of the \"proxy_buffers\"";
  const std::vector<Row> table{
      {"the defaults", [](Settings&) {}, {}},
      {"one buffer",
       [](Settings& s) {
         s.proxy.buffers = {1, 4096};
       },
       {"proxy_buffers: there must be at least 2 \"proxy_buffers\""}},
      {"a large header buffer",
       [](Settings& s) { s.proxy.buffer_size = 65536; },
       {"proxy_buffer_size: " + minus_one}},
      {"two small buffers",
       [](Settings& s) {
         s.proxy.buffers = {2, 4096};
       },
       {"proxy_buffers: " + minus_one}},
      {"busy too large",
       [](Settings& s) { s.proxy.busy_buffers_size = 65536; },
       {"proxy_busy_buffers_size: " + minus_one}},
      {"busy just right", [](Settings& s) { s.proxy.busy_buffers_size = 7 * 4096; }, {}},
      {"busy too small",
       [](Settings& s) { s.proxy.busy_buffers_size = 2048; },
       {"proxy_busy_buffers_size: \"proxy_busy_buffers_size\" must be equal to or greater than " +
        largest}},
      {"a small file",
       [](Settings& s) { s.proxy.max_temp_file_size = 1024; },
       {"proxy_max_temp_file_size: \"proxy_max_temp_file_size\" must be equal to zero to disable "
        "temporary files usage or must be equal to or greater than " +
        largest}},
      {"no file", [](Settings& s) { s.proxy.max_temp_file_size = 0; }, {}},
      {"small header buffers",
       [](Settings& s) {
         s.large_client_header_buffers = {4, 100};
       },
       {"large_client_header_buffers: the \"large_client_header_buffers\" size must be equal to "
        "or greater than \"connection_pool_size\""}},
      {"no servers",
       [](Settings& s) { s.upstreams[0].servers.clear(); },
       {"upstream: no servers are inside upstream"}},
      {"only a backup",
       [](Settings& s) { s.upstreams[0].servers[0].backup = true; },
       {"backup: no servers in upstream \"app\""}},
      {"keepalive 0 in an old nginx",
       [](Settings& s) { s.upstreams[0].keepalive = 0; },
       {"keepalive: invalid value \"0\" in \"keepalive\" directive"}},
      {"keepalive 0 in a new one",
       [](Settings& s) {
         s.upstreams[0].keepalive = 0;
         s.nginx_version = "1.29.7";
       },
       {}},
      {"a name twice",
       [](Settings& s) { s.upstreams.push_back(s.upstreams[0]); },
       {"upstream: duplicate upstream \"app\""}},
      {"a name that is not there",
       [](Settings& s) { s.proxy_pass = "http://ap/x"; },
       {"proxy_pass: host not found in upstream \"ap\""}},
      {"an address twice",
       [](Settings& s) {
         s.listen.assign(2, badgate::net::Address::loopback(80));
         s.listen.resize(4);
         s.listen[2] = s.listen[3] = badgate::net::Address::loopback(0);
       },
       {"listen: a duplicate listen 127.0.0.1:80"}},
      {"two mistakes",
       [](Settings& s) {
         s.proxy.buffers = {1, 4096};
         s.upstreams[0].servers.clear();
       },
       {"proxy_buffers: there must be at least 2 \"proxy_buffers\"",
        "upstream: no servers are inside upstream"}},
  };
  for (const auto& row : table) {
    CAPTURE(row.what);
    Settings settings = proper();
    row.change(settings);
    std::vector<std::string> found;
    for (const auto& each : check(settings))
      found.push_back(each.directive + ": " + each.message);
    CHECK(found == row.expected);
  }
}
