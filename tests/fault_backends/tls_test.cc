#include "tests/fault_backends/kit.h"

using namespace badgate;
using namespace badgate::fault_backends;
using namespace badgate::fault_backends::test;

namespace {

TlsSettings tls_settings(
    const std::vector<std::pair<std::string_view, std::string_view>>& written = {}) {
  TlsSettings settings;
  for (const auto& [name, text] : written) {
    const auto* field = net::find_field(tls_fields(), name);
    REQUIRE_MESSAGE(field != nullptr, std::string(name));
    REQUIRE(field->apply(settings, text));
  }
  return settings;
}

}  // namespace

TEST_CASE("tls: a backend answers over TLS, several times on one connection") {
  World world;
  world.settings.tls = tls_settings();
  world.start();
  Client& client = world.tls_client(kGet + kGet);
  world.run_until(1s);
  CHECK(client.handshake == "done");
  CHECK(client.verify_error == 0);
  CHECK(client.right_name);
  CHECK(client.got.starts_with("HTTP/1.1 200 "));
  CHECK(world.counts().responses == 2);
  CHECK(world.counts().connections == 1);
  CHECK(world.told("connection 1: TLSv1.3"));
}

TEST_CASE("tls: what is wrong with a certificate is what its kind says") {
  struct Case {
    std::string_view kind;
    long error;
    bool right_name;
  };
  constexpr std::array<Case, 6> kCases{{{"valid", 0, true},
                                        {"self-signed", 18, true},
                                        {"expired", 10, true},
                                        {"not-yet-valid", 9, true},
                                        {"wrong-name", 0, false},
                                        {"unknown-ca", 21, true}}};
  for (const auto& c : kCases) {
    CAPTURE(c.kind);
    World world;
    world.settings.tls = tls_settings({{"certificate", c.kind}});
    world.start();
    Client& client = world.tls_client(kGet);
    world.run_until(1s);
    CHECK(client.verify_error == c.error);
    CHECK(client.right_name == c.right_name);
    CHECK(client.got.starts_with("HTTP/1.1 200 "));
  }
}

TEST_CASE("tls: what a backend requires") {
  struct Case {
    std::vector<std::pair<std::string_view, std::string_view>> settings;
    std::string name;
    net::TlsProtocols protocols;
    std::string_view handshake;
  };
  const std::array<Case, 5> cases{{
      {{{"server_name", "required"}}, "app", net::tls_1_3, "done"},
      {{{"server_name", "required"}},
       "",
       net::tls_1_3,
       "SSL: error:0A000458:SSL routines::tlsv1 unrecognized name:SSL alert number 112"},
      {{{"server_name", "required"}, {"server_name_alert", "40"}},
       "other",
       net::tls_1_2,
       "SSL: error:0A000410:SSL routines::sslv3 alert handshake failure:SSL alert number 40"},
      {{{"protocols", "TLSv1.3"}},
       "app",
       net::tls_1_2,
       "SSL: error:0A00042E:SSL routines::tlsv1 alert protocol version:SSL alert number 70"},
      {{{"client_certificate", "required"}},
       "app",
       net::tls_1_2,
       "SSL: error:0A000410:SSL routines::sslv3 alert handshake failure:SSL alert number 40"},
  }};
  for (const auto& c : cases) {
    World world;
    world.settings.tls = tls_settings(c.settings);
    world.start();
    Client& client = world.tls_client(kGet, c.name, c.protocols);
    world.run_until(1s);
    CHECK(client.handshake == c.handshake);
    CHECK(world.receipt_has("TLS handshake failed") == (c.handshake != "done"));
  }
}

TEST_CASE("tls: the handshake of a fault") {
  struct Case {
    std::string_view kind;
    std::vector<std::pair<std::string_view, std::string_view>> parameters;
    std::string_view handshake;
    net::Duration after;
  };
  const std::array<Case, 8> cases{{
      {"stall", {}, "", 0s},
      {"slow", {{"delay", "3s"}}, "done", 0s},
      {"close", {}, "FIN", 0s},
      {"reset", {}, "RST", 0s},
      {"alert",
       {},
       "SSL: error:0A000410:SSL routines::sslv3 alert handshake failure:SSL alert number 40",
       0s},
      {"alert",
       {{"number", "48"}},
       "SSL: error:0A000418:SSL routines::tlsv1 alert unknown ca:SSL alert number 48",
       0s},
      {"plain-answer", {}, "SSL: error:0A00010B:SSL routines::wrong version number", 0s},
      {"speaks-first", {}, "SSL: error:0A00010B:SSL routines::wrong version number", 0s},
  }};
  for (const bool speaks_tls : {true, false}) {
    for (const auto& c : cases) {
      CAPTURE(c.kind);
      World world;
      if (speaks_tls || c.handshake == "done") world.settings.tls = tls_settings();
      world.fault("tls", c.kind, c.parameters);
      world.start();
      Client& client = world.tls_client(kGet);
      world.run_until(10s);
      CHECK(client.handshake == c.handshake);
      CHECK(client.got.empty() == (c.handshake != "done"));
    }
  }
}

TEST_CASE("tls: a fault of the handshake has a schedule") {
  World world;
  world.settings.tls = tls_settings();
  world.fault("tls", "reset", {{"times", "1"}});
  world.start();
  Client& first = world.tls_client(kGet);
  world.run_until(1s);
  Client& second = world.tls_client(kGet);
  world.run_until(2s);
  CHECK(first.handshake == "RST");
  CHECK(second.handshake == "done");
}

TEST_CASE("tls: other faults strike within TLS") {
  SUBCASE("crash") {
    World world;
    world.settings.tls = tls_settings();
    world.fault("crash", "mid-header", {{"at", "30"}});
    world.start();
    Client& client = world.tls_client(kGet);
    world.run_until(1s);
    CHECK(client.got.size() == 30);  // of the header, not of what it becomes within TLS
    CHECK(client.end == "FIN");
  }
  SUBCASE("no-close-notify") {
    World world;
    world.settings.tls = tls_settings();
    world.fault("tls", "no-close-notify", {{"at", "30"}});
    world.start();
    Client& client = world.tls_client(kGet);
    world.run_until(1s);
    CHECK(body_of(client.got).size() == 30);
    CHECK(client.end == "FIN");
  }
  SUBCASE("slow") {
    World world;
    world.settings.tls = tls_settings();
    world.fault("slow", "header", {{"delay", "5s"}});
    world.start();
    Client& client = world.tls_client(kGet);
    world.run_until(10s);
    REQUIRE(client.pieces.size() == 1);
    CHECK(client.pieces.front().first == 5s);
  }
  SUBCASE("a large request and a large response") {
    World world;
    world.settings.tls = tls_settings();
    world.settings.answer.echo = true;
    world.start();
    const std::string body(3'000'000, 'u');
    Client& client =
        world.tls_client("POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 3000000\r\n\r\n" + body);
    world.run_until(1s);
    CHECK(body_of(client.got) == body);
  }
}

TEST_CASE("tls: settings that cannot be") {
  TlsSettings settings;
  for (const auto& [name, text] :
       std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"certificate", "good"},
           {"names", ""},
           {"names", "a,DNS:b"},
           {"protocols", "SSLv3"},
           {"ciphers", "NO-SUCH-CIPHER"},
           {"client_certificate", "yes"},
           {"server_name", "on"},
           {"server_name_alert", "256"}}) {
    CAPTURE(name);
    CHECK_FALSE(net::find_field(tls_fields(), name)->apply(settings, text));
  }
}
