#include "fault_backends/interference.h"

#include <doctest/doctest.h>
#include <poll.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fault_backends/plan.h"
#include "fault_backends/presets.h"
#include "fault_backends/socket_filter.h"
#include "tests/rights.h"

using namespace badgate::fault_backends;
using namespace badgate::net;
using badgate::tests::missing;
using namespace std::chrono_literals;

namespace {

const bool no_filter = missing("a socket filter", SocketFilter::available());

Fault between(std::string_view kind, Duration from, Duration until) {
  FaultValues values;
  values.schedule.from = TimePoint(from);
  values.schedule.until = TimePoint(until);
  return build_faults(*find_preset("firewall", kind), values)->front();
}

struct Fixture {
  std::unique_ptr<Clock> clock = make_virtual_clock(default_epoch());
  Loop loop{*clock};
  std::vector<Connection> accepted;
  std::unique_ptr<Listener> listener = *Listener::open(
      loop, Address::loopback(), {}, [this](Connection c) { accepted.push_back(std::move(c)); });
  Interference interference{*listener, 511, nullptr};

  bool connects() {
    auto c = Connection::connect(loop, listener->address());
    pollfd p{c ? c->fd() : -1, POLLOUT, 0};
    return c && ::poll(&p, 1, 0) > 0 && c->take_error() == 0;
  }
};

}  // namespace

TEST_CASE("a fault in the network begins and ends at its moments") {
  Fixture f;
  const std::vector<Fault> faults{between("full-backlog", 10s, 40s)};
  const Plan plan(faults, Rng(1));
  CHECK(plan.next_change(TimePoint(0s)) == TimePoint(10s));
  CHECK(f.interference.update(faults, TimePoint(0s))->lines.empty());
  CHECK(f.connects());
  const auto begun = f.interference.update(faults, TimePoint(10s));
  REQUIRE(begun->lines.size() == 1);
  CHECK(begun->lines[0] == "connection not accepted (full accept queue) (firewall: full-backlog)");
  CHECK(f.interference.holds_listener());
  CHECK_FALSE(f.connects());
  CHECK(f.interference.update(faults, TimePoint(30s))->lines.empty());
  CHECK(plan.next_change(TimePoint(30s)) == TimePoint(40s));
  const auto ended = f.interference.update(faults, TimePoint(40s));
  REQUIRE(ended->lines.size() == 1);
  CHECK(ended->lines[0] == "the network lets everything through again (firewall: full-backlog)");
  CHECK(ended->waiting.size() == 1);  // the first of this test had not been accepted
  CHECK_FALSE(f.interference.holds_listener());
  CHECK(f.connects());
  CHECK(plan.next_change(TimePoint(40s)) == std::nullopt);
}

TEST_CASE("faults that are not of the network are left alone") {
  Fixture f;
  const std::vector<Fault> faults{{.name = "crash", .point = {Point::Kind::accept}}};
  CHECK(f.interference.update(faults, TimePoint(0s))->lines.empty());
  CHECK(f.connects());
}

TEST_CASE("all of it ends at once when the faults change") {
  Fixture f;
  CHECK(f.interference.update({between("drop", 0s, 10s)}, TimePoint(0s))->lines.size() == 1);
  CHECK_FALSE(f.connects());
  CHECK(f.interference.end_all().lines.size() == 1);
  CHECK(f.interference.end_all().lines.empty());
  CHECK(f.connects());
}

TEST_CASE("what cannot be done here is an error that names the fault") {
  Fixture f;
  const auto refused = f.interference.update({between("no-route", 0s, 10s)}, TimePoint(0s));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message ==
        "firewall: no-route: a route needs a network namespace of one's own");
}

TEST_CASE("a connection that vanishes says nothing to its peer" *
          doctest::skip(no_filter || ::geteuid() != 0)) {
  Fixture f;
  auto client = *Connection::connect(f.loop, f.listener->address());
  f.loop.run();
  REQUIRE(f.accepted.size() == 1);
  REQUIRE(drop_packets(f.accepted[0]));
  client.write("request");
  CHECK(vanish(f.accepted[0]));
  CHECK_FALSE(f.accepted[0].is_open());
  CHECK_FALSE(client.peer_closed());
  pollfd p{client.fd(), POLLIN, 0};
  CHECK(::poll(&p, 1, 0) == 0);
}
