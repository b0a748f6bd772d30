// Which headers servers and clients get: proxy_set_header, proxy_hide_header and their kin.
#include <doctest/doctest.h>

#include "proxy/directives.h"
#include "tests/proxy/fixture.h"

using namespace badgate;
using namespace badgate::proxy;
using namespace badgate::proxy::test;

namespace {

struct Directive {
  std::string name;
  std::string text;
};

void set(Settings& settings, const std::vector<Directive>& directives) {
  for (const auto& [name, text] : directives) {
    const auto* field = net::find_field(settings_fields(), std::string_view(name));
    REQUIRE(field != nullptr);
    const auto ok = field->apply(settings, text);
    CAPTURE((ok ? "" : ok.error().message));
    REQUIRE(ok);
  }
}

// What the server gets with these directives.
std::string asked(const std::vector<Directive>& directives, std::string_view request) {
  Fixture f;
  auto& app = f.add_server({answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")});
  set(f.settings, directives);
  f.get(request);
  return app.received(0);
}

// What the client gets, from the Server header on.
std::string got(const std::vector<Directive>& directives, std::string_view response) {
  Fixture f;
  f.add_server({answer(std::string(response))});
  set(f.settings, directives);
  const auto client = f.get();
  const auto& text = client->received();
  return text.substr(text.find("\r\n") + 2);
}

constexpr std::string_view kGet =
    "GET /a?x=1&Y=2 HTTP/1.1\r\nHost: Shop.example:81\r\nX-A: 1\r\n\r\n";

}  // namespace

TEST_CASE("headers that servers get") {
  struct Row {
    std::vector<Directive> directives;
    std::string_view request;
    std::string expected;
  };
  const std::vector<Row> rows{
      {{}, kGet, "GET /a?x=1&Y=2 HTTP/1.0\r\nHost: app\r\nConnection: close\r\nX-A: 1\r\n\r\n"},
      // Those that are set come first, in their order; then what is left of nginx's own.
      {{{"proxy_set_header", "X-Real-IP $remote_addr\nHost $host\nX-A \"two words\""}},
       kGet,
       "GET /a?x=1&Y=2 HTTP/1.0\r\nX-Real-IP: 127.0.0.1\r\nHost: shop.example\r\n"
       "X-A: two words\r\nConnection: close\r\n\r\n"},
      {{{"proxy_set_header", "Host $http_host\nConnection \"\"\nX-A ''"},
        {"proxy_http_version", "1.1"}},
       kGet,
       "GET /a?x=1&Y=2 HTTP/1.1\r\nHost: Shop.example:81\r\n\r\n"},
      {{{"proxy_set_header",
         "A $arg_y$is_args\nB $proxy_host:$scheme\nC $proxy_add_x_forwarded_for\nD $cookie_who\n"
         "E $http_nothing\nF ${request_uri}-$uri"}},
       "GET /a%20b?x=1&Y=2 HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4\r\n"
       "Cookie: a=b; who=me\r\n\r\n",
       "GET /a%20b?x=1&Y=2 HTTP/1.0\r\nA: 2?\r\nB: app:http\r\nC: 1.2.3.4, 127.0.0.1\r\nD: me\r\n"
       "F: /a%20b?x=1&Y=2-/a b\r\nHost: app\r\nConnection: close\r\n"
       "X-Forwarded-For: 1.2.3.4\r\nCookie: a=b; who=me\r\n\r\n"},
      {{{"proxy_set_header", "Upgrade $http_upgrade\nConnection upgrade\nTE trailers"}},
       "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nTE: gzip\r\n\r\n",
       "GET / HTTP/1.0\r\nUpgrade: websocket\r\nConnection: upgrade\r\nTE: trailers\r\n"
       "Host: app\r\n\r\n"},
      {{{"proxy_pass_request_headers", "off"}},
       "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nX-A: 1\r\n\r\nhi",
       "POST / HTTP/1.0\r\nHost: app\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi"},
      {{{"proxy_pass_request_body", "off"}, {"proxy_set_header", "Content-Length \"\""}},
       "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nX-A: 1\r\n\r\nhi",
       "POST / HTTP/1.0\r\nHost: app\r\nConnection: close\r\nX-A: 1\r\n\r\n"},
      {{{"proxy_method", "PUT"}},
       "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
       "PUT / HTTP/1.0\r\nHost: app\r\nConnection: close\r\n\r\n"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.expected);
    CHECK(asked(row.directives, row.request) == row.expected);
  }
}

TEST_CASE("headers that clients get") {
  struct Row {
    std::vector<Directive> directives;
    std::string response;
    std::string expected;
  };
  const std::string date = "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n";
  const std::vector<Row> rows{
      {{{"proxy_hide_header", "X-Secret\nContent-Type"}},
       "HTTP/1.1 200 OK\r\nX-Secret: 1\r\nX-Pad: 1\r\nX-B: 2\r\nContent-Type: a/b\r\n"
       "Content-Length: 0\r\n\r\n",
       "Server: nginx/1.22.1\r\n" + date +
           "Content-Length: 0\r\nConnection: keep-alive\r\nX-B: 2\r\n\r\n"},
      {{{"proxy_pass_header", "Server\nX-Pad"}},
       "HTTP/1.1 200 OK\r\nServer: app/1\r\nX-Pad: 1\r\nDate: then\r\nContent-Length: 0\r\n\r\n",
       date + "Content-Length: 0\r\nConnection: keep-alive\r\nServer: app/1\r\nX-Pad: 1\r\n\r\n"},
      {{{"proxy_pass_header", "Date"}},
       "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
       "Server: nginx/1.22.1\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"},
      {{{"add_header", "X-Status $upstream_status\nX-Always yes always\nX-None $http_none"}},
       "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-B: 2\r\n\r\n",
       "Server: nginx/1.22.1\r\n" + date +
           "Content-Length: 0\r\nConnection: keep-alive\r\nX-B: 2\r\nX-Status: 200\r\n"
           "X-Always: yes\r\n\r\n"},
      {{{"add_header", "X-Usual yes\nX-Always yes always"}},
       "HTTP/1.1 404 Not\r\nContent-Length: 0\r\n\r\n",
       "Server: nginx/1.22.1\r\n" + date +
           "Content-Length: 0\r\nConnection: keep-alive\r\nX-Always: yes\r\n\r\n"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.expected);
    CHECK(got(row.directives, row.response) == row.expected);
  }
}

TEST_CASE("a location's headers take the place of its server's") {
  Fixture f;
  auto& app = f.add_server({answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")});
  set(f.settings, {{"proxy_set_header", "X-Top 1"}});
  auto& location = f.settings.locations.emplace_back(inherited_location(f.settings));
  REQUIRE(set_location_path(location, "/a"));
  const auto* field = net::find_field(location_fields(), std::string_view("proxy_set_header"));
  REQUIRE(field->apply(location, "X-Own 2"));
  f.get("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(app.received(0) == "GET /a HTTP/1.0\r\nX-Own: 2\r\nHost: app\r\nConnection: close\r\n\r\n");
}

TEST_CASE("an ignored X-Accel-Buffering changes nothing") {
  Settings settings;
  set(settings, {{"proxy_ignore_headers", "x-accel-buffering Vary"}});
  CHECK(settings.proxy.ignore_headers == std::vector<std::string>{"X-Accel-Buffering", "Vary"});
  const auto* field = net::find_field(settings_fields(), std::string_view("proxy_ignore_headers"));
  CHECK(field->apply(settings, "X-Accel-Bufering").error().message ==
        "invalid value \"X-Accel-Bufering\"; did you mean \"X-Accel-Buffering\"?");
}
