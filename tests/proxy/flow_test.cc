// A request's way through locations: return, error_page, internal redirects, X-Accel-Redirect,
// limit_req and limit_conn.
#include <doctest/doctest.h>

#include "proxy/directives.h"
#include "tests/proxy/fixture.h"

using namespace badgate;
using namespace badgate::proxy;
using namespace badgate::proxy::test;

namespace {

using Directives = std::vector<std::pair<std::string, std::string>>;

template <typename T>
void apply(std::span<const net::Field<T>> fields, T& into, const Directives& directives) {
  for (const auto& [name, text] : directives) {
    const auto* field = net::find_field(fields, std::string_view(name));
    REQUIRE(field != nullptr);
    const auto ok = field->apply(into, text);
    CAPTURE((ok ? "" : ok.error().message));
    REQUIRE(ok);
  }
}

void top(Fixture& f, const Directives& directives) {
  apply(settings_fields(), static_cast<Settings&>(f.settings), directives);
}

void location(Fixture& f, std::string_view path, const Directives& directives) {
  auto& added = f.settings.locations.emplace_back(inherited_location(f.settings));
  REQUIRE(set_location_path(added, path));
  apply(location_fields(), added, directives);
}

std::string get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

Script failing() {
  return {read_head(), close()};
}

}  // namespace

TEST_CASE("return answers without a server") {
  struct Row {
    std::string text;
    int status;
    std::string head;  // a part of it
    std::string body;
  };
  const std::vector<Row> rows{
      {"200", 200, "Content-Type: text/plain\r\nContent-Length: 0\r\n", ""},
      {"200 \"$uri is fine\"", 200, "Content-Type: text/plain\r\nContent-Length: 10\r\n",
       "/r is fine"},
      {"503 sorry", 503, "Content-Length: 5\r\n", "sorry"},
      {"204", 204, "Connection: keep-alive\r\n\r\n", ""},
      {"302 /there", 302, "Location: http://a:", ""},
      {"https://b/x", 302, "Location: https://b/x\r\n", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    Fixture f;
    auto& app = f.add_server({answer("HTTP/1.1 200 OK\r\n\r\n")});
    location(f, "/r", {{"return", row.text}});
    const auto client = f.get(get("/r"));
    CHECK(client->status() == row.status);
    CHECK(client->received().find(row.head) != std::string::npos);
    if (!row.body.empty()) CHECK(client->body() == row.body);
    CHECK(app.connections() == 0);
  }
}

TEST_CASE("a client that asks whether to send is told to, even if its body is thrown away") {
  Fixture f;
  f.add_server({answer("HTTP/1.1 200 OK\r\n\r\n")});
  location(f, "/r", {{"return", "200 x"}});
  location(f, "/refused", {{"return", "403"}});
  f.start();
  const std::string rest =
      " HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
  CHECK(
      f.get("POST /r" + rest)->received().starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200"));
  CHECK(f.get("POST /refused" + rest)->received().starts_with("HTTP/1.1 403"));
}

TEST_CASE("return without a text leads to the error page, and 444 to nothing") {
  Fixture f;
  f.add_server({answer("HTTP/1.1 200 OK\r\n\r\n")});
  location(f, "/r", {{"return", "503"}});
  location(f, "/close", {{"return", "444"}});
  f.start();
  CHECK(f.get(get("/r"))->body().find("503 Service Temporarily Unavailable") != std::string::npos);
  const auto closed = f.get(get("/close"));
  CHECK(closed->received().empty());
  CHECK(closed->got_fin());
  CHECK(f.access.back().starts_with("444 "));
}

TEST_CASE("error_page: a failure goes on at another location") {
  struct Row {
    std::string page;
    int status;
    std::string body;
  };
  const std::vector<Row> rows{
      {"502 /sorry", 502, "sorry: /sorry"},
      {"502 504 =200 /sorry", 200, "sorry: /sorry"},
      {"502 = /sorry?x=1", 410, "sorry: /sorry"},
      {"502 @fallback", 502, "fallback: /x"},
      {"504 /sorry", 502, ""},
      {"502 http://b/", 302, ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.page);
    Fixture f;
    f.add_server({failing()});
    top(f, {{"error_page", row.page}});
    location(f, "/sorry", {{"return", "410 \"sorry: $uri\""}, {"internal", "on"}});
    location(f, "@fallback", {{"return", "410 \"fallback: $uri\""}});
    const auto client = f.get(get("/x"));
    CHECK(client->status() == row.status);
    if (!row.body.empty()) CHECK(client->body() == row.body);
    CHECK(f.access.back().starts_with(std::to_string(row.status) + " us=502 "));
  }
}

TEST_CASE("a request without a URI cannot go to a named location") {
  Fixture f;
  auto& app = f.add_server({answer("HTTP/1.1 200 OK\r\n\r\n")});
  top(f, {{"error_page", "400 @fallback"}});
  location(f, "@fallback", {{"proxy_pass", "http://app"}});
  const auto client = f.get("GARBAGE\r\n\r\n");
  CHECK(client->status() == 500);
  CHECK(app.connections() == 0);
  CHECK(f.errors.back().find("empty URI in redirect to named location \"@fallback\"") !=
        std::string::npos);
}

TEST_CASE("a body that was too large is gone when a server is asked for the error page") {
  Fixture f;
  auto& app = f.add_server({answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsorry")});
  top(f, {{"error_page", "413 /sorry"}, {"client_max_body_size", "1"}});
  const auto client = f.get("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
  CHECK(client->status() == 413);
  CHECK(client->body() == "sorry");
  CHECK(app.received(0) ==
        "GET /sorry HTTP/1.0\r\nHost: app\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("an internal location is not found from outside") {
  Fixture f;
  f.add_server({answer("HTTP/1.1 200 OK\r\n\r\n")});
  location(f, "/sorry", {{"return", "200 x"}, {"internal", "on"}});
  CHECK(f.get(get("/sorry"))->status() == 404);
}

TEST_CASE("an error page from a server: one state more, the method is GET, the status stays") {
  Fixture f;
  auto& app =
      f.add_server({failing(), answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsorry")});
  top(f, {{"error_page", "502 /sorry%20page"}});
  const auto client = f.get("POST /x?a=b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
  CHECK(client->status() == 502);
  CHECK(client->body() == "sorry");
  CHECK(app.received(1).starts_with("GET /sorry%2520page HTTP/1.0\r\n"));
  CHECK(app.received(1).ends_with("\r\n\r\nhi"));
  CHECK(f.access.back().find("us=502 : 200 ua=app[0] : app[0] ") != std::string::npos);
}

TEST_CASE("error pages do not count for the error page, unless they are recursive") {
  for (const bool recursive : {false, true}) {
    CAPTURE(recursive);
    Fixture f;
    f.add_server({failing()});
    top(f, {{"error_page", "502 /a\n404 /b"}, {"recursive_error_pages", recursive ? "on" : "off"}});
    location(f, "/a", {{"return", "404"}});
    location(f, "/b", {{"return", "200 b"}});
    const auto client = f.get(get("/x"));
    CHECK(client->status() == 404);
    CHECK((client->body() == "b") == recursive);
  }
}

TEST_CASE("redirects inside of the proxy end after ten") {
  Fixture f;
  auto& app = f.add_server({failing()});
  top(f, {{"error_page", "502 /again"}, {"recursive_error_pages", "on"}});
  const auto client = f.get(get("/x"));
  CHECK(client->status() == 500);
  CHECK(app.connections() == 11);
  CHECK(f.errors.back().find("rewrite or internal redirection cycle while internally redirecting "
                             "to \"/again\"") != std::string::npos);
}

TEST_CASE("proxy_intercept_errors: responses of servers lead to the error page, too") {
  for (const bool intercept : {false, true}) {
    CAPTURE(intercept);
    Fixture f;
    f.add_server({answer("HTTP/1.1 503 No\r\nContent-Length: 3\r\n\r\nno!")});
    top(f, {{"error_page", "503 /sorry"}, {"proxy_intercept_errors", intercept ? "on" : "off"}});
    location(f, "/sorry", {{"return", "200 sorry"}});
    const auto client = f.get(get("/x"));
    CHECK(client->status() == 503);
    CHECK(client->body() == (intercept ? "sorry" : "no!"));
  }
}

TEST_CASE("X-Accel-Redirect goes on at a location, with some headers") {
  struct Row {
    std::string where;
    int status;
    std::string body;
  };
  const std::vector<Row> rows{{"/files/a%20b?x", 200, "file /files/a b x"},
                              {"@files", 200, "named /x"},
                              {"/../etc", 404, ""}};
  for (const auto& row : rows) {
    CAPTURE(row.where);
    Fixture f;
    f.add_server({answer("HTTP/1.1 200 OK\r\nX-Accel-Redirect: " + row.where +
                         "\r\nSet-Cookie: c=1\r\nX-Lost: 1\r\nContent-Length: 4\r\n\r\nbody")});
    location(f, "/files/", {{"return", "200 \"file $uri $args\""}, {"internal", "on"}});
    location(f, "@files", {{"return", "200 \"named $uri\""}});
    const auto client = f.get(get("/x"));
    CHECK(client->status() == row.status);
    if (!row.body.empty()) CHECK(client->body() == row.body);
    CHECK(client->received().find("Set-Cookie: c=1\r\n") != std::string::npos);
    CHECK(client->received().find("X-Lost") == std::string::npos);
  }
}

TEST_CASE("limit_req: more than the rate is refused, delayed, or passes at once") {
  struct Row {
    std::string limit;
    std::vector<int> statuses;
    std::vector<double> times;
    std::string line;
  };
  const std::vector<Row> rows{
      {"zone=z",
       {200, 503, 503},
       {0, 0, 0},
       "limiting requests, excess: 1.000 by zone \"z\", client"},
      {"zone=z burst=1",
       {200, 200, 503},
       {0, 0.5, 0},
       "delaying request, excess: 1.000, by zone \"z\", client"},
      {"zone=z burst=1 nodelay",
       {200, 200, 503},
       {0, 0, 0},
       "limiting requests, excess: 2.000 by zone \"z\", client"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.limit);
    Fixture f;
    f.add_server({answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")});
    top(f, {{"limit_req_zone", "$binary_remote_addr zone=z:1m rate=2r/s"},
            {"limit_req", row.limit},
            {"keepalive_timeout", "0"}});
    f.start();
    std::vector<std::unique_ptr<TestClient>> clients;
    for (std::size_t i = 0; i < row.statuses.size(); ++i)
      clients.push_back(f.connect_and_send(get("/")));
    f.run();
    for (std::size_t i = 0; i < clients.size(); ++i) {
      CAPTURE(i);
      CHECK(clients[i]->status() == row.statuses[i]);
      CHECK(seconds(clients[i]->last_byte_at()) == row.times[i]);
    }
    std::string all;
    for (const auto& line : f.lines)
      all += line + "\n";
    CAPTURE(all);
    CHECK(all.find(row.line) != std::string::npos);
  }
}

TEST_CASE("of two limits the one that is exceeded refuses, and a first request counts in neither") {
  Fixture f;
  f.add_server({answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")});
  top(f, {{"limit_req_zone", "$arg_a zone=a:1m rate=1r/m\n$arg_b zone=b:1m rate=1r/m"},
          {"limit_req", "zone=a burst=2 nodelay\nzone=b burst=1 nodelay"},
          {"keepalive_timeout", "0"}});
  f.start();
  const std::vector<std::pair<std::string, int>> rows{
      {"/?a=1&b=1", 200}, {"/?a=1&b=2", 200}, {"/?a=1", 200}, {"/?a=1&b=3", 503},
      {"/?b=1", 200},     {"/?b=1", 503},     {"/?a=2", 200}, {"/", 200}};
  for (const auto& [target, status] : rows) {
    CAPTURE(target);
    CHECK(f.get(get(target))->status() == status);
  }
}

TEST_CASE("limit_conn: requests at a time, each counted until it has ended") {
  Fixture f;
  f.add_server({{read_head(), wait(1s), send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")}});
  top(f, {{"limit_conn_zone", "$server_name zone=c:1m"},
          {"limit_conn", "c 1"},
          {"limit_conn_status", "429"},
          {"limit_conn_log_level", "warn"}});
  f.start();
  const auto first = f.connect_and_send(get("/"));
  const auto second = f.connect_and_send(get("/"));
  f.run_for(2s);
  const auto third = f.connect_and_send(get("/"));
  f.run();
  CHECK(first->status() == 200);
  CHECK(second->status() == 429);
  CHECK(third->status() == 200);
  CHECK(f.lines.size() >= 1);
  CHECK(std::any_of(f.lines.begin(), f.lines.end(), [](const std::string& line) {
    return line.starts_with("[warn] *2 limiting connections by zone \"c\", client: ");
  }));
}

TEST_CASE("a client that leaves while its request is delayed") {
  Fixture f;
  auto& app = f.add_server({answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")});
  top(f, {{"limit_req_zone", "$server_name zone=z:1m rate=1r/m"},
          {"limit_req", "zone=z burst=5"},
          {"keepalive_timeout", "0"}});
  f.get(get("/"));
  const auto client = f.connect_and_send(get("/"));
  f.run_for(1s);
  client->close();
  f.run();
  CHECK(app.connections() == 1);
  CHECK(f.access.back().starts_with("499 "));
}

TEST_CASE("what these directives must not say") {
  struct Row {
    std::string name;
    std::string text;
    std::string message;
  };
  const std::vector<Row> rows{
      {"error_page", "502", "expected statuses and a URI: 502 504 =200 /sorry"},
      {"error_page", "499 /x", "invalid value \"499\""},
      {"error_page", "200 /x", "value \"200\" must be between 300 and 599"},
      {"error_page", "502 =abc /x", "invalid value \"=abc\""},
      {"return", "often", "invalid return code \"often\""},
      {"return", "1000", "invalid return code \"1000\""},
      {"limit_req", "burst=5", "\"limit_req\" must have \"zone\" parameter"},
      {"limit_req", "zone=z burst=0", "invalid burst value \"burst=0\""},
      {"limit_req", "zone=z slow", "invalid parameter \"slow\""},
      {"limit_conn", "z 0", "invalid number of connections \"0\""},
      {"limit_conn", "z 65536", "connection limit must be less 65536"},
      {"limit_req_status", "200", "value \"200\" must be between 400 and 599"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    CAPTURE(row.text);
    Location into;
    const auto* field = net::find_field(location_fields(), std::string_view(row.name));
    const auto result = field->apply(into, row.text);
    REQUIRE_FALSE(result);
    CHECK(result.error().message == row.message);
  }
  Settings settings;
  const auto* zone = net::find_field(settings_fields(), std::string_view("limit_req_zone"));
  CHECK(zone->apply(settings, "$uri zone=z").error().message == "invalid zone size \"zone=z\"");
  CHECK(zone->apply(settings, "$uri zone=z:1k").error().message ==
        "zone \"zone=z:1k\" is too small");
  CHECK(zone->apply(settings, "$uri zone=z:1m rate=0r/s").error().message ==
        "invalid rate \"rate=0r/s\"");
}
