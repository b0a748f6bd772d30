#include <doctest/doctest.h>

#include <array>

#include "fault_backends/dns_server.h"
#include "tests/fault_backends/kit.h"

using namespace badgate;
using namespace badgate::fault_backends;
using namespace badgate::fault_backends::test;
using namespace std::chrono_literals;

namespace dns = net::dns;

namespace {

class DnsWorld {
 public:
  DnsWorld() {
    settings.name = "ns";
    settings.listen = net::Address::loopback();
    settings.records = {{"app.internal",
                         {*net::Address::parse("127.0.0.2:0"), *net::Address::parse("127.0.0.3:0"),
                          *net::Address::parse("[::1]:0")}}};
  }

  void start() {
    auto started = DnsServer::start(loop, settings, net::Rng(1),
                                    [this](const Event& event) { events.push_back(event.what); });
    REQUIRE_MESSAGE(started.has_value(), started.error().message);
    server = std::move(*started);
  }
  void start(std::string_view kind,
             const std::vector<std::pair<std::string_view, std::string_view>>& parameters = {}) {
    settings.faults = World::build("dns", kind, parameters);
    start();
  }

  struct Reply {
    bool came = false;
    int error = 0;
    net::Duration at{};
    std::string bytes;
    dns::Header header;
    std::vector<std::string> addresses;
  };
  Reply ask(std::string_view name = "app.internal", std::uint16_t type = dns::type_a) {
    Reply reply;
    auto socket = net::DatagramSocket::connect(loop, server->address());
    REQUIRE(socket.has_value());
    const auto begun = loop.now();
    (*socket)->on_readable([&] {
      const auto got = (*socket)->receive(buffer_);
      reply.error = got.code;
      reply.came = got.state == net::Transfer::State::done;
      reply.at = loop.now() - begun;
      if (reply.came) reply.bytes.assign(buffer_.data(), got.bytes);
    });
    (*socket)->send(*dns::write_query(7, name, type));
    const auto timer = loop.after(10s, [this] { loop.stop(); });
    loop.run();
    read(reply);
    return reply;
  }
  void read(Reply& reply) {
    const auto header = dns::read_header(reply.bytes);
    if (!header) return;
    reply.header = *header;
    const auto question = dns::read_question(reply.bytes, *header);
    if (!question) return;
    for (const auto& a : dns::read_answers(reply.bytes, *header, *question).addresses)
      reply.addresses.push_back(a.host());
  }

  DnsServer::Settings settings;
  std::unique_ptr<net::Clock> clock = net::make_virtual_clock(net::default_epoch());
  net::Loop loop{*clock};
  std::unique_ptr<DnsServer> server;
  std::vector<std::string> events;

 private:
  std::array<char, 512> buffer_{};
};

using Hosts = std::vector<std::string>;

}  // namespace

TEST_CASE_FIXTURE(DnsWorld, "it answers from its records") {
  start();
  CHECK(ask().addresses == Hosts{"127.0.0.2", "127.0.0.3"});
  CHECK(ask("App.Internal", dns::type_aaaa).addresses == Hosts{"[::1]"});
  CHECK(ask("nobody.internal").header.code() == dns::host_not_found);
  const auto other = ask("app.internal", dns::type_srv);
  CHECK(other.header.code() == dns::no_error);
  CHECK(other.addresses.empty());
  server->set_records({{"app.internal", {*net::Address::parse("127.0.0.4:0")}}});
  CHECK(ask().addresses == Hosts{"127.0.0.4"});
  CHECK(server->counts().requests == 5);
  CHECK(server->counts().responses == 5);
  CHECK(server->receipt().empty());
}

TEST_CASE_FIXTURE(DnsWorld, "rotate: each answer begins with another address") {
  settings.rotate = true;
  start();
  CHECK(ask().addresses == Hosts{"127.0.0.2", "127.0.0.3"});
  CHECK(ask().addresses == Hosts{"127.0.0.3", "127.0.0.2"});
  CHECK(ask().addresses == Hosts{"127.0.0.2", "127.0.0.3"});
}

TEST_CASE_FIXTURE(DnsWorld, "faults that are a code") {
  const std::array<std::pair<std::string_view, int>, 6> kinds{{{"nxdomain", 3},
                                                               {"empty", 0},
                                                               {"servfail", 2},
                                                               {"refused", 5},
                                                               {"notimp", 4},
                                                               {"formerr", 1}}};
  for (const auto& [kind, code] : kinds) {
    CAPTURE(kind);
    start(kind);
    const auto reply = ask();
    CHECK(reply.came);
    CHECK(reply.header.code() == code);
    CHECK(reply.addresses.empty());
    CHECK(server->receipt().size() == 1);
  }
}

TEST_CASE_FIXTURE(DnsWorld, "a fault of one type leaves the other alone") {
  start("servfail", {{"type", "AAAA"}});
  CHECK(ask().addresses.size() == 2);
  CHECK(ask("app.internal", dns::type_aaaa).header.code() == dns::server_failure);
}

TEST_CASE_FIXTURE(DnsWorld, "a fault is counted by queries") {
  start("servfail", {{"after", "1"}, {"times", "1"}});
  CHECK(ask().header.code() == dns::no_error);
  CHECK(ask().header.code() == dns::server_failure);
  CHECK(ask().header.code() == dns::no_error);
}

TEST_CASE_FIXTURE(DnsWorld, "silent, slow") {
  start("silent");
  CHECK_FALSE(ask().came);
  CHECK(server->counts().responses == 0);
  start("slow", {{"delay", "4s"}});
  const auto reply = ask();
  CHECK(reply.addresses.size() == 2);
  CHECK(reply.at == 4s);
}

TEST_CASE_FIXTURE(DnsWorld, "malformed, wrong-id") {
  start("malformed");
  CHECK(ask().bytes.size() == 20);
  start("wrong-id");
  CHECK(ask().header.id == 0xfff8);
}

TEST_CASE_FIXTURE(DnsWorld, "truncated: the whole answer is there over TCP") {
  start("truncated");
  const auto reply = ask();
  CHECK((reply.header.flags & dns::flag_truncated) != 0);
  CHECK(reply.addresses.empty());
  Client client(loop, server->address());
  const auto query = *dns::write_query(9, "app.internal", dns::type_a);
  client.send(std::string{'\0', static_cast<char>(query.size())} + query.substr(0, 5));
  const auto later = loop.after(1s, [&] { client.send(query.substr(5)); });
  const auto timer = loop.after(2s, [this] { loop.stop(); });
  loop.run();
  Reply over_tcp;
  REQUIRE(client.got.size() > 2);
  over_tcp.bytes = client.got.substr(2);
  read(over_tcp);
  CHECK(over_tcp.header.id == 9);
  CHECK((over_tcp.header.flags & dns::flag_truncated) == 0);
  CHECK(over_tcp.addresses == Hosts{"127.0.0.2", "127.0.0.3"});
}

TEST_CASE_FIXTURE(DnsWorld, "down, crash and restart: refused, and back at the same port") {
  start("down", {{"between", "0s 15s"}});
  CHECK(ask().error == ECONNREFUSED);
  CHECK(loop.now() == net::TimePoint(10s));
  CHECK(ask().error == ECONNREFUSED);
  CHECK(ask().addresses.size() == 2);
  server->crash();
  CHECK(ask().error == ECONNREFUSED);
  server->restart();
  CHECK(ask().addresses.size() == 2);
  server->set_faults(World::build("dns", "down"));
  CHECK(ask().error == ECONNREFUSED);
  server->set_faults({});
  CHECK(ask().addresses.size() == 2);
}

TEST_CASE_FIXTURE(DnsWorld, "what is no query is not answered") {
  start();
  auto socket = net::DatagramSocket::connect(loop, server->address());
  REQUIRE(socket.has_value());
  std::string response = *dns::write_query(7, "app.internal", dns::type_a);
  response[2] = '\x81';
  for (const std::string& bytes :
       {std::string(), std::string("x"), std::string(12, '\0'), response})
    (*socket)->send(bytes);
  bool heard = false;
  (*socket)->on_readable([&] { heard = true; });
  const auto timer = loop.after(1s, [this] { loop.stop(); });
  loop.run();
  CHECK_FALSE(heard);
  CHECK(server->counts().requests == 0);
}
