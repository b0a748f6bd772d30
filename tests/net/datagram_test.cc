#include "net/datagram.h"

#include <doctest/doctest.h>

#include <array>
#include <cerrno>

#include "net/clock.h"

using namespace badgate::net;
using namespace std::chrono_literals;

namespace {

struct World {
  std::unique_ptr<Clock> clock = make_virtual_clock(default_epoch());
  Loop loop{*clock};
  std::array<char, 64> buffer{};

  // What a client hears that sends to `address`, where nobody takes it: an errno.
  int error_from(const Address& address) {
    auto client = DatagramSocket::connect(loop, address);
    REQUIRE(client.has_value());
    int error = 0;
    (*client)->on_readable([&] {
      error = (*client)->receive(buffer).code;
      loop.stop();
    });
    CHECK((*client)->send("ping").state == Transfer::State::done);
    loop.run();
    return error;
  }
};

}  // namespace

TEST_CASE_FIXTURE(World, "a datagram comes, with its sender, before time moves") {
  auto server = DatagramSocket::bind(loop, Address::loopback());
  REQUIRE(server.has_value());
  auto client = DatagramSocket::connect(loop, (*server)->local());
  REQUIRE(client.has_value());
  std::string answer;
  TimePoint answered{};
  (*server)->on_readable([&] {
    Address from;
    const auto got = (*server)->receive(buffer, &from);
    REQUIRE(got.state == Transfer::State::done);
    CHECK(from == (*client)->local());
    CHECK((*server)->send_to(std::string(buffer.data(), got.bytes) + "!", from).bytes == 5);
  });
  (*client)->on_readable([&] {
    const auto got = (*client)->receive(buffer);
    answer.assign(buffer.data(), got.bytes);
    answered = loop.now();
  });
  const auto timer = loop.after(60s, [&] { loop.stop(); });
  CHECK((*client)->send("ping").bytes == 4);
  loop.run();
  CHECK(answer == "ping!");
  CHECK(answered == TimePoint{});
}

TEST_CASE_FIXTURE(World, "nobody listens: the error is told at once") {
  Address gone;
  {
    auto server = DatagramSocket::bind(loop, Address::loopback());
    REQUIRE(server.has_value());
    gone = (*server)->local();
  }
  CHECK(error_from(gone) == ECONNREFUSED);
}

TEST_CASE_FIXTURE(World, "an address that is taken cannot be bound") {
  auto first = DatagramSocket::bind(loop, Address::loopback());
  REQUIRE(first.has_value());
  const auto second = DatagramSocket::bind(loop, (*first)->local());
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().message == "bind");
  CHECK(second.error().code == EADDRINUSE);
}

TEST_CASE_FIXTURE(World, "a socket that refuses keeps its port") {
  auto server = DatagramSocket::bind(loop, Address::loopback());
  REQUIRE(server.has_value());
  const Address address = (*server)->local();
  (*server)->on_readable([] { FAIL("nothing should come"); });
  (*server)->refuse();
  CHECK_FALSE(DatagramSocket::bind(loop, address).has_value());
  CHECK(error_from(address) == ECONNREFUSED);
}
