#include <doctest/doctest.h>
#include <fmt/core.h>
#include <poll.h>

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "fault_backends/network_fault.h"
#include "fault_backends/presets.h"
#include "fault_backends/socket_filter.h"
#include "net/connection.h"
#include "tests/rights.h"

using namespace badgate::fault_backends;
using namespace badgate::net;
using badgate::tests::in_child;
using badgate::tests::missing;
using namespace std::chrono_literals;

namespace {

const bool no_namespace = missing("a network namespace", NetworkNamespace::available());
const bool no_filter = missing("a socket filter", SocketFilter::available());

Fault fault_of(std::string_view kind, const FaultValues& values = {}) {
  return build_faults(*find_preset("firewall", kind), values)->front();
}

// How a client fares with a backend: "connected", "hangs", or the errno and when it came.
std::string connect(Loop& loop, const Address& to) {
  auto c = Connection::connect(loop, to);
  if (!c) return fmt::format("{} at once", c.error().code);
  pollfd p{c->fd(), POLLOUT, 0};
  if (::poll(&p, 1, 0) == 0) return "hangs";
  const int code = c->take_error();
  return code == 0 ? "connected" : fmt::format("{}", code);
}

// A listener struck by a preset and healed again.
std::string story_of(std::string_view kind, NetworkNamespace* network) {
  const auto clock = make_virtual_clock(default_epoch());
  Loop loop(*clock);
  const Fault fault = fault_of(kind);
  const auto address = routable_address(Address::loopback(), network);
  if (!address) return address.error().message;
  const auto listener = Listener::open(loop, *address, {}, [](Connection) {});
  if (!listener) return listener.error().message;
  const Address to = (*listener)->address();
  std::string story = connect(loop, to);
  auto started = NetworkFault::start(fault.action, **listener, network);
  if (!started) return started.error().message;
  story += ", " + (*started)->receipt() + ": " + connect(loop, to);
  (*started)->stop(511);
  return story + ", " + connect(loop, to);
}

}  // namespace

TEST_CASE("handshakes: struck, named and healed") {
  CHECK(story_of("full-backlog", nullptr) ==
        "connected, connection not accepted (full accept queue): hangs, connected");
  const std::string dropped = story_of("drop", nullptr);
  CHECK((dropped == "connected, SYN dropped (socket filter): hangs, connected" ||
         dropped == "connected, SYN dropped (full accept queue): hangs, connected"));
}

TEST_CASE("routes: struck, named and healed" * doctest::skip(no_namespace)) {
  struct Row {
    const char* kind;
    const char* story;
  };
  for (const auto& row :
       {Row{"reject-unreachable", "no route: unreachable (network namespace): 113 at once"},
        Row{"reject-prohibited", "no route: prohibit (network namespace): 13 at once"},
        Row{"blackhole-route", "no route: blackhole (network namespace): 22 at once"},
        Row{"no-route", "no route (network namespace): 101 at once"}}) {
    CAPTURE(row.kind);
    CHECK(in_child([&] {
            auto inside = NetworkNamespace::enter();
            return inside ? story_of(row.kind, &*inside) : inside.error().message;
          }) == fmt::format("connected, {}, connected", row.story));
    CHECK(story_of(row.kind, nullptr) == "a route needs a network namespace of one's own");
  }
}

TEST_CASE("what the run as a whole must be for each fault") {
  CHECK(*needs(fault_of("drop")) == Needs{});
  CHECK(*needs(fault_of("full-backlog")) == Needs{});
  CHECK(*needs(Fault{}) == Needs{});
  const auto route = needs(fault_of("no-route"));
  CHECK(route.has_value() == !no_namespace);
  if (route) CHECK(*route == Needs{.network_namespace = true});
  for (const char* kind : {"drop-established", "mtu", "loss"}) {
    CAPTURE(kind);
    const auto filter = needs(fault_of(kind));
    CHECK(filter.has_value() == !(no_filter && no_namespace));
    if (!filter) continue;
    CHECK(filter->network_namespace == no_filter);
    CHECK(filter->real_clock == (std::string_view(kind) == "loss"));
  }
}

TEST_CASE("drop-established: the point is the user's") {
  struct Row {
    const char* from;
    Point point;
  };
  for (const auto& row :
       {Row{"accept", {Point::Kind::accept, 0}}, Row{"request", {Point::Kind::request_read, 0}},
        Row{"header", {Point::Kind::header_bytes, 20}}, Row{"body", {Point::Kind::body_bytes, 20}},
        Row{"idle", {Point::Kind::idle, 0}}}) {
    CAPTURE(row.from);
    FaultValues values{.timeout = 350s, .at = 20};
    const auto& field =
        *find_field(find_preset("firewall", "drop-established")->parameters, "from");
    REQUIRE(field.apply(values, row.from));
    const Fault fault = fault_of("drop-established", values);
    CHECK(fault.point.kind == row.point.kind);
    CHECK(fault.point.offset == row.point.offset);
    CHECK(fault.action.kind == Action::Kind::drop);
    CHECK(fault.action.time == (row.point.kind == Point::Kind::idle ? Duration(350s) : 0s));
  }
}

TEST_CASE("a connection whose packets are dropped: a read timeout, and nothing after it" *
          doctest::skip(no_filter)) {
  const auto clock = make_virtual_clock(default_epoch());
  Loop loop(*clock);
  for (int run = 0; run < 20; ++run) {
    const TimePoint start = loop.now();
    std::optional<Connection> server;
    std::array<char, 100> buffer;
    auto listener = *Listener::open(loop, Address::loopback(), {}, [&](Connection c) {
      server = std::move(c);
      server->on_ready([&](Ready) {
        CHECK(server->read(buffer).bytes == 7);  // the request, once
        CHECK(*drop_packets(*server) == "packets dropped (socket filter)");
      });
      server->watch({.read = true});
    });
    auto client = *Connection::connect(loop, listener->address());
    bool seen = false;
    client.on_ready([&](Ready) { seen = true; });
    CHECK(client.write("request").bytes == 7);
    client.watch({.read = true});
    const Timer read_timeout = loop.after(60s, [&] { client.close(); });
    CHECK(loop.run() == Loop::End::idle);
    CHECK(loop.now() == start + 60s);
    CHECK_FALSE(seen);
    CHECK_FALSE(server->peer_closed());  // the client's FIN was lost too
    const Address same = listener->address();
    vanish(*server);
    listener.reset();
    CHECK(Listener::open(loop, same, {}, [](Connection) {}));
  }
}

TEST_CASE("some packets lost: on the real clock everything arrives in the end" *
          doctest::skip(no_filter)) {
  const auto clock = make_real_clock();
  Loop loop(*clock);
  std::string got;
  std::optional<Connection> server;
  auto listener = *Listener::open(loop, Address::loopback(), {}, [&](Connection c) {
    server = std::move(c);
    server->on_ready([&](Ready) {
      std::array<char, 100> buffer;
      const auto t = server->read(buffer);
      if (t.state == Transfer::State::done) got.append(buffer.data(), t.bytes);
      if (got.size() == 10) loop.stop();
    });
    server->watch({.read = true});
  });
  // Its handshake is not exposed to the loss, or the test might wait for seconds.
  auto client = *Connection::connect(loop, listener->address());
  const auto lost =
      NetworkFault::start({.kind = Action::Kind::lose, .share = 0.2}, *listener, nullptr);
  REQUIRE(lost);
  CHECK((*lost)->receipt() == "20 % of the packets dropped (socket filter)");
  int sent = 0;
  Timer next;
  const std::function<void()> send = [&] {
    CHECK(client.write("x").bytes == 1);
    if (++sent < 10) next = loop.after(1ms, send);
  };
  next = loop.after(10ms, [&] {
    REQUIRE(server);
    REQUIRE(SocketFilter::drop_share(0.2).attach(server->fd()));
    send();
  });
  const Timer limit = loop.after(20s, [&] { loop.stop(); });
  loop.run();
  CHECK(got == std::string(10, 'x'));
}
