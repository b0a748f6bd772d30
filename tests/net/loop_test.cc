#include "net/loop.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <string>
#include <vector>

#include "net/connection.h"
#include "net/listener.h"

using namespace badgate::net;
using namespace std::chrono_literals;

TEST_CASE("timers run in the order of (due, creation) and the virtual clock jumps") {
  auto clock = make_virtual_clock(default_epoch());
  Loop loop(*clock);
  std::string order;
  auto c = loop.after(60s, [&] { order += 'c'; });
  auto a = loop.after(10s, [&] { order += 'a'; });
  auto b = loop.after(10s, [&] { order += 'b'; });
  auto never = loop.after(20s, [&] { order += 'X'; });
  never.cancel();
  CHECK(loop.run() == Loop::End::idle);
  CHECK(order == "abc");
  CHECK(loop.now() == TimePoint(60s));
  CHECK(loop.wall() == default_epoch() + 60s);
}

TEST_CASE("a timer that its own callback sets again is armed afterwards") {
  auto clock = make_virtual_clock(default_epoch());
  Loop loop(*clock);
  int fired = 0;
  Timer timer;
  timer = loop.after(1s, [&] {
    ++fired;
    CHECK_FALSE(timer.armed());
    timer = loop.after(1s, [&] { ++fired; });
    CHECK(timer.armed());
  });
  loop.run();
  CHECK(fired == 2);
  CHECK(loop.now() == TimePoint(2s));
}

TEST_CASE("a request over loopback is delivered before virtual time moves") {
  auto clock = make_virtual_clock(default_epoch());
  Loop loop(*clock);
  std::vector<Connection> accepted;
  std::string got;
  TimePoint got_at;
  auto listener = Listener::open(loop, Address::loopback(), {}, [&](Connection c) {
    accepted.push_back(std::move(c));
    Connection& connection = accepted.back();
    connection.on_ready([&](Ready) {
      char buffer[100];
      const auto t = connection.read(buffer);
      if (t.state == Transfer::State::done) {
        got.append(buffer, t.bytes);
        got_at = loop.now();
      } else {
        loop.stop();
      }
    });
    connection.watch({.read = true});
  });
  REQUIRE(listener.has_value());
  auto client = Connection::connect(loop, (*listener)->address());
  REQUIRE(client.has_value());
  auto send = loop.after(30s, [&] {
    CHECK(client->take_error() == 0);
    CHECK(client->write("hello").bytes == 5);
  });
  auto finish = loop.after(60s, [&] { client->close(); });
  CHECK(loop.run() == Loop::End::stopped);
  CHECK(got == "hello");
  CHECK(got_at == TimePoint(30s));
  CHECK(loop.now() == TimePoint(60s));
}

TEST_CASE("`closed` tells of a FIN and of a RST behind unread bytes, once") {
  for (const bool reset : {false, true}) {
    CAPTURE(reset);
    auto clock = make_virtual_clock(default_epoch());
    Loop loop(*clock);
    std::optional<Connection> server;
    int told = 0;
    auto listener = Listener::open(loop, Address::loopback(), {}, [&](Connection c) {
      server = std::move(c);
      server->on_ready([&](Ready) { told += server->peer_closed() ? 1 : 0; });
      server->watch({.closed = true});
    });
    REQUIRE(listener.has_value());
    auto client = Connection::connect(loop, (*listener)->address());
    REQUIRE(client.has_value());
    auto send = loop.after(1s, [&] { client->write("unread"); });
    auto leave = loop.after(2s, [&] {
      CHECK(told == 0);
      reset ? client->reset() : client->close();
    });
    CHECK(loop.run() == Loop::End::idle);
    CHECK(told == 1);
  }
}

TEST_CASE("a connect that nobody answers stays in progress while time passes") {
  auto clock = make_virtual_clock(default_epoch());
  Loop loop(*clock);
  auto listener = Listener::open(loop, Address::loopback(), {.backlog = 0}, [](Connection) {});
  REQUIRE(listener.has_value());
  (*listener)->pause();
  auto fill = Connection::connect(loop, (*listener)->address());
  auto stuck = Connection::connect(loop, (*listener)->address());
  REQUIRE(stuck.has_value());
  bool writable = false;
  stuck->on_ready([&](Ready) { writable = true; });
  stuck->watch({.write = true});
  auto timeout = loop.after(60s, [&] { loop.stop(); });
  CHECK(loop.run() == Loop::End::stopped);
  CHECK_FALSE(writable);
}

TEST_CASE("a watch that nobody serves is reported, not run for ever") {
  auto clock = make_virtual_clock(default_epoch());
  Loop loop(*clock);
  auto listener = Listener::open(loop, Address::loopback(), {}, [](Connection) {});
  REQUIRE(listener.has_value());
  auto client = Connection::connect(loop, (*listener)->address());
  REQUIRE(client.has_value());
  client->on_ready([](Ready) {});
  client->watch({.write = true});
  CHECK(loop.run() == Loop::End::unsettled);
}

namespace {

// Each of its turns is told; at 3 s and at 7 s it has something to do.
struct Fellow : Companions {
  explicit Fellow(std::string& story) : story_(story) {}

  bool take_turn() override {
    story_ += fmt::format("turn at {}; ", now_.time_since_epoch() / 1s);
    if (!due_.empty() && due_.front() <= now_) due_.erase(due_.begin());
    return patient;
  }
  std::optional<TimePoint> next_due() const override {
    return due_.empty() ? std::nullopt : std::optional(due_.front());
  }
  void move_to(TimePoint now) override { now_ = now; }

  bool patient = true;

 private:
  std::string& story_;
  std::vector<TimePoint> due_{TimePoint(3s), TimePoint(7s)};
  TimePoint now_{};
};

}  // namespace

TEST_CASE("loop and companions take turns, and time moves to the next timer of either") {
  auto clock = make_virtual_clock(default_epoch());
  Loop loop(*clock);
  std::string story;
  Fellow fellow(story);
  loop.join(fellow);
  auto timer = loop.after(5s, [&] { story += "timer at 5; "; });
  CHECK(loop.run() == Loop::End::idle);
  CHECK(story == "turn at 0; turn at 3; timer at 5; turn at 5; turn at 7; ");
  CHECK(loop.now() == TimePoint(7s));

  fellow.patient = false;
  auto another = loop.after(1s, [&] { story += "never"; });
  CHECK(loop.run() == Loop::End::restless);
  loop.part();
}

TEST_CASE("the real clock waits for its timers") {
  auto clock = make_real_clock();
  Loop loop(*clock);
  const auto start = std::chrono::steady_clock::now();
  auto timer = loop.after(20ms, [&] { loop.stop(); });
  CHECK(loop.run() == Loop::End::stopped);
  CHECK(std::chrono::steady_clock::now() - start >= 20ms);
}

TEST_CASE("accepted sockets do not block and have no delay, by what the listener has") {
  auto clock = make_virtual_clock(default_epoch());
  Loop loop(*clock);
  std::optional<Connection> accepted;
  auto listener = Listener::open(loop, Address::loopback(), {}, [&](Connection c) {
    accepted = std::move(c);
    loop.stop();
  });
  REQUIRE(listener.has_value());
  auto client = Connection::connect(loop, (*listener)->address());
  loop.run();
  REQUIRE(accepted.has_value());
  int no_delay = 0;
  socklen_t size = sizeof no_delay;
  REQUIRE(getsockopt(accepted->fd(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &size) == 0);
  CHECK(no_delay != 0);
  CHECK((fcntl(accepted->fd(), F_GETFL) & O_NONBLOCK) != 0);
}
