#include "proxy/keepalive_pool.h"

#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "net/listener.h"

using namespace badgate::proxy;
using namespace badgate::net;
using namespace std::chrono_literals;

namespace {

// A server that accepts, and a pool in front of it, on the virtual clock.
class Bench {
 public:
  explicit Bench(KeepalivePool::Limits limits) : pool(loop, limits) {
    server = listen(servers);
    other = listen(others);
  }

  KeptConnection open(unsigned requests = 1) { return open(*server, requests); }
  KeptConnection open(Listener& to, unsigned requests = 1) {
    auto connection = Connection::connect(loop, to.address());
    REQUIRE(connection.has_value());
    KeptConnection kept{std::move(*connection), loop.now(), requests};
    pause(0s);
    CHECK(kept.connection.take_error() == 0);
    return kept;
  }

  void pause(Duration time) {
    const auto timer = loop.after(time, [this] { loop.stop(); });
    loop.run();
  }

  std::unique_ptr<Clock> clock = make_virtual_clock(default_epoch());
  Loop loop{*clock};
  std::deque<Connection> servers;  // the server's ends, in the order of the connects
  std::deque<Connection> others;
  std::unique_ptr<Listener> server;
  std::unique_ptr<Listener> other;
  KeepalivePool pool;

 private:
  std::unique_ptr<Listener> listen(std::deque<Connection>& into) {
    auto opened = Listener::open(loop, Address::loopback(), {}, [&into](Connection connection) {
      into.push_back(std::move(connection));
    });
    REQUIRE(opened.has_value());
    return std::move(*opened);
  }
};

}  // namespace

TEST_CASE("a kept connection is found by its address, the last one first") {
  Bench bench({.connections = 4});
  auto first = bench.open();
  auto second = bench.open(5);
  const int second_fd = second.connection.fd();
  CHECK(bench.pool.keep(std::move(first)));
  CHECK(bench.pool.keep(std::move(second)));
  CHECK(bench.pool.size() == 2);
  CHECK_FALSE(bench.pool.take(bench.other->address()).has_value());
  const auto taken = bench.pool.take(bench.server->address());
  REQUIRE(taken.has_value());
  CHECK(taken->connection.fd() == second_fd);
  CHECK(taken->requests == 5);
  CHECK(taken->connection.watched() == Ready{.read = true});
  CHECK(bench.pool.size() == 1);
}

TEST_CASE("a taken connection works, and its owner's callback is called") {
  Bench bench({.connections = 1});
  CHECK(bench.pool.keep(bench.open()));
  auto taken = bench.pool.take(bench.server->address());
  REQUIRE(taken.has_value());
  int calls = 0;
  taken->connection.on_ready([&](Ready) {
    ++calls;
    taken->connection.watch({});
  });
  taken->connection.watch({.read = true});
  CHECK(bench.servers.at(0).write("x").bytes == 1);
  bench.pause(0s);
  CHECK(calls == 1);
  bench.pause(2h);  // the pool's timer is gone
  CHECK(taken->connection.is_open());
}

TEST_CASE("what the server does to an idle connection closes it silently") {
  for (const auto what : {"FIN", "RST", "data"}) {
    CAPTURE(what);
    Bench bench({.connections = 2});
    CHECK(bench.pool.keep(bench.open()));
    auto& peer = bench.servers.at(0);
    if (what == std::string("FIN")) peer.close();
    if (what == std::string("RST")) peer.reset();
    if (what == std::string("data")) peer.write("HTTP/1.1 408 Request Timeout\r\n\r\n");
    bench.pause(0s);
    CHECK(bench.pool.size() == 0);
    CHECK_FALSE(bench.pool.take(bench.server->address()).has_value());
    if (peer.is_open()) CHECK(peer.peer_closed());
  }
}

TEST_CASE("a connection that is already dead is not kept") {
  Bench bench({.connections = 2});
  auto dead = bench.open();
  bench.servers.at(0).close();
  CHECK_FALSE(bench.pool.keep(std::move(dead)));
  auto talks = bench.open();
  bench.servers.at(1).write("x");
  CHECK_FALSE(bench.pool.keep(std::move(talks)));
  CHECK(bench.pool.size() == 0);
}

TEST_CASE("the one that has been idle longest makes room") {
  Bench bench({.connections = 2});
  auto a = bench.open();
  auto b = bench.open();
  auto c = bench.open(*bench.other);
  CHECK(bench.pool.keep(std::move(b)));
  CHECK(bench.pool.keep(std::move(a)));
  CHECK(bench.pool.keep(std::move(c)));
  CHECK(bench.pool.size() == 2);
  CHECK_FALSE(bench.servers.at(0).peer_closed());
  CHECK(bench.servers.at(1).peer_closed());  // b was put in first
  CHECK(bench.pool.take(bench.other->address()).has_value());
}

TEST_CASE("an idle connection is closed after keepalive_timeout") {
  Bench bench({.connections = 2, .timeout = 60s});
  CHECK(bench.pool.keep(bench.open()));
  bench.pause(59'999ms);
  CHECK(bench.pool.size() == 1);
  bench.pause(1ms);
  CHECK(bench.pool.size() == 0);
  CHECK(bench.servers.at(0).peer_closed());
}

TEST_CASE("keepalive_requests and keepalive_time bound its life") {
  Bench bench({.connections = 2, .requests = 3, .time = 1h});
  CHECK(bench.pool.keep(bench.open(2)));
  CHECK_FALSE(bench.pool.keep(bench.open(3)));
  auto at_limit = bench.open();
  bench.pause(1h);
  CHECK(bench.pool.keep(std::move(at_limit)));
  auto too_old = bench.open();
  bench.pause(1h + 1ms);
  CHECK_FALSE(bench.pool.keep(std::move(too_old)));
}

TEST_CASE("no pool, nothing is kept") {
  Bench bench({.connections = 0});
  CHECK_FALSE(bench.pool.keep(bench.open()));
  CHECK(bench.servers.at(0).peer_closed());
  KeptConnection closed = bench.open();
  closed.connection.close();
  Bench with_room({.connections = 1});
  CHECK_FALSE(with_room.pool.keep(std::move(closed)));
}

TEST_CASE("clear closes all") {
  Bench bench({.connections = 3});
  for (int i = 0; i < 3; ++i)
    CHECK(bench.pool.keep(bench.open()));
  bench.pool.clear();
  for (const auto& peer : bench.servers)
    CHECK(peer.peer_closed());
  CHECK(bench.loop.run() == Loop::End::idle);  // and leaves no timer behind
}

TEST_CASE("the limits come from the upstream and the version") {
  Upstream upstream;
  CHECK(KeepalivePool::Limits::of(upstream, rules_of("1.28.0")).connections == 0);
  CHECK(KeepalivePool::Limits::of(upstream, rules_of("1.29.7")).connections == 32);
  upstream.keepalive = 16;
  upstream.keepalive_requests = 5;
  upstream.keepalive_time = 7s;
  upstream.keepalive_timeout = 9s;
  const auto limits = KeepalivePool::Limits::of(upstream, rules_of("1.29.7"));
  CHECK(limits.connections == 16);
  CHECK(limits.requests == 5);
  CHECK(limits.time == 7s);
  CHECK(limits.timeout == 9s);
}
