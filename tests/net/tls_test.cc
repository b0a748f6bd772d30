#include "net/tls.h"

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <string>

#include "net/certificate.h"
#include "net/connection.h"
#include "net/listener.h"
#include "net/tls_context.h"

using namespace badgate;
using namespace std::chrono_literals;
using net::Transfer;

namespace {

constexpr net::TlsProtocols kModern = net::tls_1_2 | net::tls_1_3;

net::Certificate authority(net::WallTime now) {
  return *net::make_certificate({.common_name = "badgate CA",
                                 .names = {},
                                 .from = now - 24h,
                                 .until = now + 24h,
                                 .authority = true},
                                nullptr);
}

net::Certificate leaf(const net::Certificate& ca, net::WallTime from, net::WallTime until,
                      std::string name = "app") {
  return *net::make_certificate(
      {.common_name = name, .names = {name}, .from = from, .until = until}, &ca);
}

// A server and a client that are connected to each other, on the virtual clock.
struct Pair {
  std::unique_ptr<net::Clock> clock = net::make_virtual_clock(net::default_epoch());
  net::Loop loop{*clock};
  std::optional<net::Connection> client;
  std::optional<net::Connection> server;
  std::unique_ptr<net::Listener> listener;
  Transfer client_end;
  Transfer server_end;

  Pair() {
    listener = std::move(
        *net::Listener::open(loop, net::Address::loopback(), {}, [this](net::Connection c) {
          server.emplace(std::move(c));
          loop.stop();
        }));
    client.emplace(std::move(*net::Connection::connect(loop, listener->address())));
    loop.run();
    client->take_error();
  }

  void step(net::Connection& connection, Transfer& end) {
    end = connection.handshake();
    connection.watch(end.state == Transfer::State::again ? connection.handshake_interest()
                                                         : net::Ready{});
    if (end.state == Transfer::State::error) connection.close();
  }

  void shake_hands() {
    client->on_ready([this](net::Ready) { step(*client, client_end); });
    server->on_ready([this](net::Ready) { step(*server, server_end); });
    step(*server, server_end);
    step(*client, client_end);
    loop.run();
  }
};

struct Contexts {
  net::WallTime now = net::default_epoch();
  net::Certificate ca = authority(now);
  net::TlsContext server;
  net::TlsContext client;

  explicit Contexts(net::TlsProtocols protocols = kModern)
      : server(net::TlsRole::server, protocols), client(net::TlsRole::client, kModern) {
    REQUIRE(server.use_certificate(leaf(ca, now - 1h, now + 1h)));
    REQUIRE(client.trust(ca));
  }
};

}  // namespace

TEST_CASE("tls: bytes go through encrypted, both ways") {
  Contexts contexts;
  Pair pair;
  pair.server->start_tls(contexts.server);
  pair.client->start_tls(contexts.client).set_server_name("app");
  pair.shake_hands();
  REQUIRE(pair.client_end.state == Transfer::State::done);
  REQUIRE(pair.server_end.state == Transfer::State::done);
  CHECK(pair.client->tls()->verify_error() == 0);
  CHECK(pair.client->tls()->certificate_matches("app"));
  CHECK_FALSE(pair.client->tls()->certificate_matches("other"));
  CHECK(pair.client->tls()->protocol() == "TLSv1.3");
  CHECK(pair.server->tls()->server_name() == "app");
  REQUIRE(pair.client->write("hello").bytes == 5);
  std::array<char, 64> buffer;
  const auto got = pair.server->read(buffer);
  CHECK(std::string_view(buffer.data(), got.bytes) == "hello");
  CHECK(pair.server->read(buffer).state == Transfer::State::again);
}

TEST_CASE("tls: what was read ahead is announced until it has been taken") {
  Contexts contexts;
  Pair pair;
  pair.server->start_tls(contexts.server);
  pair.client->start_tls(contexts.client);
  pair.shake_hands();
  const std::string sent(40'000, 'x');
  REQUIRE(pair.client->write(sent).bytes == sent.size());
  std::size_t received = 0;
  std::size_t calls = 0;
  pair.server->on_ready([&](net::Ready) {
    std::array<char, 1000> buffer;
    ++calls;
    received += pair.server->read(buffer).bytes;
  });
  pair.server->watch({.read = true});
  pair.loop.run();
  CHECK(received == sent.size());
  CHECK(calls >= 40);
}

TEST_CASE("tls: nothing is announced while reading is paused") {
  Contexts contexts;
  Pair pair;
  pair.server->start_tls(contexts.server);
  pair.client->start_tls(contexts.client);
  pair.shake_hands();
  REQUIRE(pair.client->write("hello").bytes == 5);
  std::size_t calls = 0;
  pair.server->on_ready([&](net::Ready) {
    std::array<char, 1> buffer;
    if (++calls == 2) pair.server->watch({});
    (void)pair.server->read(buffer);
  });
  pair.server->watch({.read = true});
  pair.loop.run();
  CHECK(calls == 2);
  pair.server->watch({.read = true});
  pair.loop.run();
  CHECK(calls == 5);
}

TEST_CASE("tls: the ends of a stream") {
  Contexts contexts;
  Pair pair;
  pair.server->start_tls(contexts.server);
  pair.client->start_tls(contexts.client);
  pair.shake_hands();
  std::array<char, 64> buffer;
  (void)pair.client->read(buffer);  // the session tickets
  REQUIRE(pair.server->write("all").bytes == 3);
  SUBCASE("with close_notify") {
    pair.server->close_notify();
    pair.server->close();
  }
  SUBCASE("without") {
    pair.server->close();
  }
  SUBCASE("reset") {
    pair.server->reset();
  }
  CHECK(pair.client->read(buffer).bytes == 3);
  CHECK(pair.client->has_input());
  CHECK(pair.client->read(buffer).state == Transfer::State::end);
}

TEST_CASE("tls: certificates are verified at the clock's time") {
  struct Case {
    std::string_view name;
    std::chrono::hours from;
    std::chrono::hours until;
    long error;
  };
  constexpr std::array<Case, 3> kCases{{
      {"good", -1h, 1h, 0},
      {"expired", -2h, -1h, 10},
      {"not yet valid", 1h, 2h, 9},
  }};
  for (const auto& c : kCases) {
    CAPTURE(c.name);
    Contexts contexts;
    REQUIRE(contexts.server.use_certificate(
        leaf(contexts.ca, contexts.now + c.from, contexts.now + c.until)));
    Pair pair;
    pair.server->start_tls(contexts.server);
    pair.client->start_tls(contexts.client);
    pair.shake_hands();
    CHECK(pair.client_end.state == Transfer::State::done);
    CHECK(pair.client->tls()->verify_error() == c.error);
  }
}

TEST_CASE("tls: a handshake that fails says why in OpenSSL's words") {
  Contexts contexts;
  Pair pair;
  SUBCASE("no protocol in common") {
    net::TlsContext old(net::TlsRole::server, net::tls_1_2);
    REQUIRE(old.use_certificate(leaf(contexts.ca, contexts.now - 1h, contexts.now + 1h)));
    net::TlsContext modern(net::TlsRole::client, net::tls_1_3);
    pair.server->start_tls(old);
    pair.client->start_tls(modern);
    pair.shake_hands();
    CHECK(pair.client_end.state == Transfer::State::error);
    CHECK(pair.client->tls()->failure().text ==
          "SSL: error:0A00042E:SSL routines::tlsv1 alert protocol version:SSL alert number 70");
  }
  SUBCASE("the name is missing") {
    contexts.server.require_server_name({"app"}, 112);
    pair.server->start_tls(contexts.server);
    pair.client->start_tls(contexts.client);
    pair.shake_hands();
    CHECK(pair.client->tls()->failure().text ==
          "SSL: error:0A000458:SSL routines::tlsv1 unrecognized name:SSL alert number 112");
  }
  SUBCASE("the peer speaks something else") {
    pair.client->start_tls(contexts.client);
    REQUIRE(pair.server->write("HTTP/1.1 400 Bad Request\r\n\r\n").bytes > 0);
    pair.client->on_ready([&](net::Ready) { pair.step(*pair.client, pair.client_end); });
    pair.step(*pair.client, pair.client_end);
    pair.loop.run();
    CHECK(pair.client_end.state == Transfer::State::error);
    CHECK(pair.client->tls()->failure().text ==
          "SSL: error:0A00010B:SSL routines::wrong version number");
  }
  SUBCASE("the peer closes") {
    pair.client->start_tls(contexts.client);
    pair.client->on_ready([&](net::Ready) { pair.step(*pair.client, pair.client_end); });
    pair.server->shutdown_write();
    pair.step(*pair.client, pair.client_end);
    pair.loop.run();
    CHECK(pair.client_end.state == Transfer::State::end);
    CHECK(pair.client_end.code == 0);
  }
  SUBCASE("the peer resets") {
    pair.client->start_tls(contexts.client);
    pair.client->on_ready([&](net::Ready) { pair.step(*pair.client, pair.client_end); });
    pair.step(*pair.client, pair.client_end);
    pair.server->reset();
    pair.loop.run();
    CHECK(pair.client_end.state == Transfer::State::end);
    CHECK(pair.client_end.code == ECONNRESET);
  }
}

TEST_CASE("tls: a session makes the next handshake shorter") {
  for (const auto protocol : {net::tls_1_2, net::tls_1_3}) {
    CAPTURE(protocol);
    Contexts contexts(protocol);
    net::TlsSession session;
    for (const bool second : {false, true}) {
      Pair pair;
      pair.server->start_tls(contexts.server);
      auto& tls = pair.client->start_tls(contexts.client);
      tls.resume(session);
      tls.on_session([&](net::TlsSession offered) { session = std::move(offered); });
      pair.shake_hands();
      CHECK(pair.client->tls()->resumed() == second);
      std::array<char, 64> buffer;
      CHECK(pair.client->read(buffer).state == Transfer::State::again);
      CHECK(session != nullptr);
    }
  }
}

TEST_CASE("tls: certificate files") {
  net::TlsContext context(net::TlsRole::server, kModern);
  const auto missing = context.use_certificate("/no/such.pem", "/no/such.key");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message.starts_with("cannot load certificate \"/no/such.pem\": "));
  CHECK(net::parse_tls_protocols("TLSv1.2  TLSv1.3") == kModern);
  CHECK_FALSE(net::parse_tls_protocols("TLSv1.4"));
  CHECK_FALSE(net::parse_tls_protocols(""));
}
