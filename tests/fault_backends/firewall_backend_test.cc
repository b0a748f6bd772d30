// The family firewall as a backend carries it out.
#include <fmt/core.h>

#include "fault_backends/body_pattern.h"
#include "fault_backends/network_fault.h"
#include "fault_backends/socket_filter.h"
#include "tests/fault_backends/kit.h"
#include "tests/rights.h"

using namespace badgate;
using namespace badgate::fault_backends;
using namespace badgate::fault_backends::test;
using badgate::tests::in_child;
using badgate::tests::missing;

namespace {

const bool no_namespace =
    missing("a network namespace", badgate::net::NetworkNamespace::available());
const bool no_filter = missing("a socket filter", SocketFilter::available());

}  // namespace

TEST_CASE("drop: nobody gets through for as long as it lasts") {
  World world;
  world.fault("firewall", "drop", {{"between", "10s 100s"}});
  world.start();
  Client& before = world.client(kGet);
  world.run_until(20s);
  CHECK(body_of(before.got) == pattern(100));
  CHECK(world.receipt_has("SYN dropped ("));
  Client& during = world.client(kGet);
  world.run_until(80s);
  CHECK_FALSE(during.connected);
  CHECK(during.error == 0);
  during.close();
  before.got.clear();
  before.send(kGet);  // what is established is not concerned
  world.run_until(110s);
  CHECK(body_of(before.got) == pattern(100));
  CHECK(world.receipt_has("the network lets everything through again (firewall: drop)"));
  Client& after = world.client(kGet);
  world.run_until(120s);
  CHECK(body_of(after.got) == pattern(100));
  CHECK(world.counts().connections == 2);
}

TEST_CASE("full-backlog: TCP hangs, a unix socket refuses at once; healed, both are served") {
  for (const bool is_unix : {false, true}) {
    CAPTURE(is_unix);
    World world(is_unix);
    world.fault("firewall", "full-backlog");
    world.start();
    Client& client = world.client();
    world.run_until(60s);
    CHECK_FALSE(client.connected);
    CHECK(client.connect_error == (is_unix ? EAGAIN : 0));
    if (!is_unix) client.close();
    world.backend->set_faults({});
    Client& next = world.client(kGet);
    world.run_until(61s);
    CHECK(body_of(next.got) == pattern(100));
    CHECK(world.counts().connections == 1);
    CHECK(world.backend->receipt().front() ==
          "connection not accepted (full accept queue) (firewall: full-backlog)");
  }
}

TEST_CASE("drop-established: the response ends where the packets do" * doctest::skip(no_filter)) {
  struct Row {
    const char* from;
    const char* at;
    std::size_t body;
    const char* receipt;
  };
  for (const auto& row :
       {Row{"accept", "0", 0, "on accept"}, Row{"request", "0", 0, "after reading request 1"},
        Row{"body", "20", 20, "after 20 of 100 body bytes"}}) {
    CAPTURE(row.from);
    World world;
    world.fault("firewall", "drop-established",
                {{"from", row.from}, {"at", row.at}, {"times", "1"}});
    world.start();
    Client& client = world.client(kGet);
    world.run_until(60s);
    CHECK(client.connected);
    CHECK(body_of(client.got) == pattern(100).substr(0, row.body));
    CHECK(client.end.empty());
    CHECK(world.receipt_has(
        fmt::format("connection 1: packets dropped (socket filter) {}", row.receipt)));
    client.close();  // its FIN is lost
    Client& next = world.client(kGet);
    world.run_until(61s);
    CHECK(body_of(next.got) == pattern(100));
    CHECK_FALSE(world.told("connection 1: the peer has closed it"));
  }
}

TEST_CASE("drop-established while idle: the second request is lost" * doctest::skip(no_filter)) {
  World world;
  world.fault("firewall", "drop-established", {{"from", "idle"}, {"timeout", "350s"}});
  world.start();
  Client& client = world.client(kGet);
  world.run_until(349s);
  CHECK(body_of(client.got) == pattern(100));
  client.got.clear();
  world.run_until(351s);
  client.send(kGet);
  world.run_until(500s);
  CHECK(client.got.empty());
  CHECK(client.end.empty());
  CHECK(world.counts().requests == 1);
}

TEST_CASE("a process that crashes behind a firewall that drops is not heard of" *
          doctest::skip(no_filter || ::geteuid() != 0)) {
  World world;
  world.fault("firewall", "drop-established");
  world.start();
  Client& client = world.client(kGet);
  world.run_until(10s);
  world.backend->crash();
  world.run_until(60s);
  CHECK(client.end.empty());
  CHECK(world.receipt_has("connection 1: gone without a word"));
}

TEST_CASE("mtu: small requests arrive, large ones do not" * doctest::skip(no_filter)) {
  World world;
  world.fault("firewall", "mtu", {{"size", "1400"}});
  world.start();
  const std::string head = "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: ";
  Client& small = world.client(head + "1000\r\n\r\n" + std::string(1000, 'x'));
  Client& large = world.client(head + "5000\r\n\r\n" + std::string(5000, 'x'));
  world.run_until(60s);
  CHECK(body_of(small.got) == pattern(100));
  CHECK(large.connected);
  CHECK(large.got.empty());
  CHECK(world.counts().requests == 1);
  CHECK(world.receipt_has("packets with more than 1400 bytes dropped (socket filter)"));
}

TEST_CASE("routes: the errno at once, and the answer once they are gone" *
          doctest::skip(no_namespace)) {
  CHECK(in_child([]() -> std::string {
          auto inside = net::NetworkNamespace::enter();
          if (!inside) return inside.error().message;
          World world;
          world.settings.network = &*inside;
          world.fault("firewall", "reject-unreachable", {{"between", "10s 20s"}});
          if (auto started = world.try_start(); !started) return started.error().message;
          std::string story = world.backend->address().host();
          for (const auto moment : {1s, 15s, 25s}) {
            world.run_until(moment);
            Client& client = world.client(kGet);
            world.run_until(moment + 1s);
            story += fmt::format(" {}/{}", client.connect_error, body_of(client.got).size());
          }
          return story + " " + world.backend->receipt().front();
        }) ==
        "192.0.2.10 0/100 113/0 0/100 no route: unreachable (network namespace) "
        "(firewall: reject-unreachable)");
}

TEST_CASE("routes: a backend behind one crashes, comes back, and is healed in either order" *
          doctest::skip(no_namespace)) {
  struct Row {
    const char* kind;
    int error;
  };
  for (const auto& row : {Row{"no-route", ENETUNREACH}, Row{"reject-unreachable", EHOSTUNREACH},
                          Row{"reject-prohibited", EACCES}, Row{"blackhole-route", EINVAL}}) {
    CAPTURE(row.kind);
    CHECK(in_child([&row]() -> std::string {
            auto inside = net::NetworkNamespace::enter();
            if (!inside) return inside.error().message;
            World world;
            world.settings.network = &*inside;
            world.fault("firewall", row.kind);
            if (auto started = world.try_start(); !started) return started.error().message;
            std::string story;
            net::Duration now = 0s;
            const auto connect = [&] {
              Client& client = world.client(kGet);
              world.run_until(now += 1s);
              story += fmt::format(" {}/{}", client.connect_error, body_of(client.got).size());
            };
            world.backend->crash();
            world.backend->restart();
            connect();  // the route is as before
            world.backend->set_faults({});
            connect();
            world.backend->set_faults(World::build("firewall", row.kind));
            world.backend->crash();
            world.backend->set_faults({});
            world.backend->restart();
            connect();
            return story;
          }) == fmt::format(" {}/0 0/100 0/100", row.error));
  }
}

TEST_CASE("what cannot be is told at the start") {
  struct Row {
    bool is_unix;
    const char* kind;
    const char* error;
  };
  for (const auto& row :
       {Row{true, "drop", "firewall: drop: a unix socket has no packets to drop"},
        Row{true, "drop-established",
            "firewall: drop-established: a unix socket has no packets to drop"},
        Row{true, "mtu", "firewall: mtu: a unix socket has no packets that a filter could drop"},
        Row{false, "no-route",
            "firewall: no-route: a route needs a network namespace of one's own"}}) {
    CAPTURE(row.kind);
    World world(row.is_unix);
    world.fault("firewall", row.kind);
    const auto started = world.try_start();
    REQUIRE_FALSE(started.has_value());
    CHECK(started.error().message == row.error);
  }
}
