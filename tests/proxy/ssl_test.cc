// TLS with upstreams, as far as bare sockets can play it: what is logged at which level, what is
// retried, what bounds the handshake. Handshakes that succeed are in the scenarios.
#include <doctest/doctest.h>

#include <array>

#include "proxy/directives.h"
#include "tests/proxy/fixture.h"

using namespace badgate::proxy;
using namespace badgate::proxy::test;

namespace {

const std::string kPost =
    "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc";

// A fatal alert, RFC 8446 section 6.
std::string alert(int number) {
  return std::string("\x15\x03\x03\x00\x02\x02", 6) + static_cast<char>(number);
}

// The server's answer to the ClientHello.
Script says(std::string text) {
  return {read_bytes(1), send(std::move(text)), half_close()};
}

void use_tls(Fixture& f, std::string version = "1.28.0") {
  f.settings.proxy_pass = "https://app";
  f.settings.proxy.connect_timeout = 5s;
  f.settings.nginx_version = std::move(version);
}

// The first error line up to " while".
std::string first_error(const Fixture& f) {
  REQUIRE_FALSE(f.errors.empty());
  return f.errors[0].substr(0, f.errors[0].find(", client"));
}

}  // namespace

TEST_CASE("ssl: a handshake that fails is logged in nginx's words, at its version's level") {
  struct Row {
    std::string text;
    std::string_view version;
    std::string_view line;
  };
  const std::array<Row, 5> rows{{
      {"HTTP/1.1 400 Bad Request\r\n\r\n", "1.22.1",
       "[error] *1 SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version "
       "number) while SSL handshaking to upstream"},
      {alert(40), "1.28.0",
       "[error] *1 SSL_do_handshake() failed (SSL: error:0A000410:SSL routines::sslv3 alert "
       "handshake failure:SSL alert number 40) while SSL handshaking to upstream"},
      {alert(112), "1.22.1",
       "[crit] *1 SSL_do_handshake() failed (SSL: error:0A000458:SSL routines::tlsv1 unrecognized "
       "name:SSL alert number 112) while SSL handshaking to upstream"},
      {alert(112), "1.31.5",
       "[error] *1 SSL_do_handshake() failed (SSL: error:0A000458:SSL routines::tlsv1 unrecognized "
       "name:SSL alert number 112) while SSL handshaking to upstream"},
      {"", "1.28.0",
       "[error] *1 peer closed connection in SSL handshake while SSL handshaking to upstream"},
  }};
  for (const Row& row : rows) {
    CAPTURE(row.line);
    Fixture f;
    use_tls(f, std::string(row.version));
    f.add_server({says(row.text)});
    CHECK(f.get()->status() == 502);
    CHECK(first_error(f) == row.line);
    CHECK(f.errors[0].find("upstream: \"https://app[0]/\"") != std::string::npos);
  }
}

TEST_CASE("ssl: a handshake that fails is retried, also for a POST") {
  Fixture f;
  use_tls(f);
  f.add_server({says(alert(80))});
  auto& second = f.add_server({says(alert(80))});
  CHECK(f.get(kPost)->status() == 502);
  CHECK(second.connections() == 1);
  CHECK(f.errors.size() == 2);
}

TEST_CASE("ssl: proxy_connect_timeout bounds the handshake") {
  Fixture f;
  use_tls(f);
  f.add_server({{read_bytes(1), wait(3s), send("\x16"), wait(60s)}});
  const auto client = f.get();
  CHECK(client->status() == 504);
  CHECK(seconds(client->last_byte_at()) == doctest::Approx(5));
  CHECK(first_error(f) ==
        "[error] *1 upstream timed out (110: Connection timed out) while SSL handshaking to "
        "upstream");
}

TEST_CASE("ssl: a client that leaves in the handshake ends it") {
  Fixture f;
  use_tls(f);
  auto& server = f.add_server({{read_bytes(1), wait(60s)}});
  f.start();
  auto client = f.connect_and_send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  f.run_for(1s);
  client->close();
  f.run_for(1s);
  CHECK(server.closed(0));
  REQUIRE(f.access.size() == 1);
  CHECK(f.access[0].starts_with("499 "));
}

TEST_CASE("ssl: a file that is no certificate stops the proxy from starting") {
  Fixture f;
  use_tls(f);
  f.add_server({{}});
  f.settings.proxy_ssl_verify = true;
  f.settings.proxy_ssl_trusted_certificate = "/dev/null";
  const auto started = Proxy::start(f.loop(), f.settings, f, {});
  REQUIRE_FALSE(started.has_value());
  CHECK(started.error().message.starts_with(
      "SSL_CTX_load_verify_locations(\"/dev/null\") failed (SSL: error:"));
}

TEST_CASE("ssl: what a server says before the handshake is refused") {
  Fixture f;
  use_tls(f);
  f.add_server({{send("220 mail ESMTP\r\n"), half_close()}});
  CHECK(f.get()->status() == 502);
  CHECK(first_error(f) ==
        "[error] *1 upstream prematurely sent response while reading response header from "
        "upstream");
}

TEST_CASE("ssl: a server without a certificate does not start") {
  Fixture f;
  f.settings.listen.front().ssl = true;
  f.add_server({{}});
  CHECK(check(f.settings).front().message ==
        "no \"ssl_certificate\" is defined for the \"listen ... ssl\" directive");
  const auto started = Proxy::start(f.loop(), f.settings, f, {});
  REQUIRE_FALSE(started.has_value());
  CHECK(started.error().message ==
        "no \"ssl_certificate\" is defined for the \"listen ... ssl\" directive");
}

TEST_CASE("ssl: the default server of an address needs a certificate, whoever listens with ssl") {
  Fixture f;
  f.add_server({{}});
  f.settings.servers.push_back(inherited_server(f.settings));
  f.settings.servers.front().listen.front().ssl = true;
  f.settings.servers.front().server_names = {"b"};
  const auto told = check(f.settings);
  REQUIRE(told.size() == 1);
  CHECK(told.front().directive == "listen");
  CHECK(told.front().server == Contradiction::none);
  CHECK_FALSE(Proxy::start(f.loop(), f.settings, f, {}).has_value());
}
