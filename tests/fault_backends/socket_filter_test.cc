#include "fault_backends/socket_filter.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string>

#include "net/connection.h"
#include "net/listener.h"
#include "net/network_namespace.h"
#include "tests/rights.h"

using namespace badgate::fault_backends;
using namespace badgate::net;
using badgate::tests::in_child;
using badgate::tests::missing;
using namespace std::chrono_literals;

namespace {

const bool no_filter = missing("a socket filter", SocketFilter::available());

// A connection over loopback and both its ends, accepted before virtual time moves.
struct Fixture {
  std::unique_ptr<Clock> clock = make_virtual_clock(default_epoch());
  Loop loop{*clock};
  std::optional<Connection> server;
  std::unique_ptr<Listener> listener;
  std::optional<Connection> client;

  explicit Fixture(const Address& at = Address::loopback()) {
    listener = *Listener::open(loop, at, {}, [&](Connection c) { server = std::move(c); });
  }

  bool connect() {
    client = *Connection::connect(loop, listener->address());
    return pollable(*client, POLLOUT) && client->take_error() == 0 && loop.run() == Loop::End::idle;
  }

  static bool pollable(const Connection& c, short events) {
    pollfd p{c.fd(), events, 0};
    return ::poll(&p, 1, 0) > 0;
  }

  std::string received() {
    std::array<char, 65536> buffer;
    const auto t = server->read(buffer);
    return t.state == Transfer::State::done ? std::string(buffer.data(), t.bytes) : "";
  }
};

}  // namespace

TEST_CASE("a filter on a listener: a connect hangs for 60 virtual seconds" *
          doctest::skip(no_filter)) {
  for (const Address& at : {Address::loopback(), Address::loopback6()}) {
    CAPTURE(at.to_string());
    Fixture f(at);
    REQUIRE(SocketFilter::drop_all().attach(f.listener->fd()));
    auto client = Connection::connect(f.loop, f.listener->address());
    REQUIRE(client);
    CHECK(client->connecting());
    bool ready = false;
    client->on_ready([&](Ready) { ready = true; });
    client->watch({.write = true});
    bool timed_out = false;
    const Timer timer = f.loop.after(60s, [&] { timed_out = true; });
    CHECK(f.loop.run() == Loop::End::idle);
    CHECK(timed_out);
    CHECK_FALSE(ready);
    CHECK_FALSE(f.server);
  }
}

TEST_CASE("a listener whose filter is detached is reached again" * doctest::skip(no_filter)) {
  Fixture f;
  REQUIRE(SocketFilter::drop_all().attach(f.listener->fd()));
  CHECK_FALSE(f.connect());
  f.client->close();
  detach_socket_filter(f.listener->fd());
  detach_socket_filter(f.listener->fd());  // harmless
  CHECK(f.connect());
  CHECK(f.server);
}

TEST_CASE("a filter on a connection: what the peer sends is neither read nor acknowledged" *
          doctest::skip(no_filter)) {
  Fixture f;
  REQUIRE(f.connect());
  CHECK(f.client->write("one").bytes == 3);
  CHECK(f.received() == "one");
  REQUIRE(SocketFilter::drop_all().attach(f.server->fd()));
  CHECK(f.client->write("two").bytes == 3);
  bool read = false;
  f.server->on_ready([&](Ready) { read = true; });
  f.server->watch({.read = true});
  bool read_timeout = false;
  const Timer timer = f.loop.after(60s, [&] { read_timeout = true; });
  CHECK(f.loop.run() == Loop::End::idle);
  CHECK(read_timeout);
  CHECK_FALSE(read);
  CHECK(f.received().empty());
}

TEST_CASE("dropped connections leave nothing behind that disturbs the next" *
          doctest::skip(no_filter)) {
  Fixture f;
  for (int i = 0; i < 50; ++i) {
    REQUIRE(f.connect());
    REQUIRE(SocketFilter::drop_all().attach(f.server->fd()));
    f.client->write("lost");
    // Either end first; the FIN of the client is lost too.
    if (i % 2 == 0) f.client->close();
    f.server->close();
    f.client->close();
  }
  REQUIRE(f.connect());
  CHECK(f.client->write("found").bytes == 5);
  CHECK(f.received() == "found");
  // The same port can be listened to again at once.
  const Address same = f.listener->address();
  f.listener.reset();
  CHECK(Listener::open(f.loop, same, {}, [](Connection) {}));
}

TEST_CASE("only segments with more than the limit vanish" * doctest::skip(no_filter)) {
  struct Row {
    std::size_t bytes;
    bool arrives;
  };
  for (const auto& row :
       {Row{1, true}, Row{1399, true}, Row{1400, true}, Row{1401, false}, Row{20000, false}}) {
    CAPTURE(row.bytes);
    Fixture f;
    // Inherited by what is accepted: handshakes have no data.
    REQUIRE(SocketFilter::drop_larger_than(1400).attach(f.listener->fd()));
    REQUIRE(f.connect());
    CHECK(f.client->write(std::string(row.bytes, 'x')).bytes == row.bytes);
    CHECK((f.received().size() == row.bytes) == row.arrives);
  }
}

TEST_CASE("a share of the packets vanishes" * doctest::skip(no_filter)) {
  struct Row {
    double share;
    int least;
    int most;
  };
  // 400 handshakes; for one half, 5 standard deviations are 50.
  for (const auto& row : {Row{0, 400, 400}, Row{0.5, 150, 250}, Row{1, 0, 0}}) {
    CAPTURE(row.share);
    Fixture f;
    int connected = 0;
    for (int i = 0; i < 400; ++i) {
      // Detached in between, or the connections would inherit it and count twice.
      REQUIRE(SocketFilter::drop_share(row.share).attach(f.listener->fd()));
      auto client = Connection::connect(f.loop, f.listener->address());
      connected += Fixture::pollable(*client, POLLOUT) ? 1 : 0;
    }
    CHECK(connected >= row.least);
    CHECK(connected <= row.most);
  }
}

TEST_CASE("a unix socket takes no filter") {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  const auto attached = SocketFilter::drop_all().attach(ends[0]);
  REQUIRE_FALSE(attached);
  CHECK(attached.error().message == "a unix socket has no packets that a filter could drop");
  ::close(ends[0]);
  ::close(ends[1]);
}

// Kernels differ in whether an unprivileged user may; if not, the reason has to be right, and a
// network namespace has to help.
TEST_CASE("without the right the probe says so, and a network namespace gives it" *
          doctest::skip(no_filter || ::geteuid() != 0)) {
  const std::string story = in_child([]() -> std::string {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) return "cannot become nobody";
    const auto allowed = SocketFilter::available();
    return allowed ? "allowed" : allowed.error().message;
  });
  if (story != "allowed") {
    CHECK(story ==
          "setsockopt(SO_ATTACH_FILTER) failed (1: Operation not permitted; needs CAP_NET_ADMIN)");
  }
  const bool no_namespace = missing("a network namespace", NetworkNamespace::available());
  if (no_namespace) return;
  CHECK(in_child([]() -> std::string {
          const auto inside = NetworkNamespace::enter();
          if (!inside) return inside.error().message;
          const auto allowed = SocketFilter::available();
          return allowed ? "allowed" : allowed.error().message;
        }) == "allowed");
}
