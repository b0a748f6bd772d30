#include "fault_backends/syn_drop.h"

#include <doctest/doctest.h>
#include <fmt/core.h>
#include <poll.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "fault_backends/socket_filter.h"
#include "net/connection.h"
#include "tests/rights.h"

using namespace badgate::fault_backends;
using namespace badgate::net;
using badgate::tests::missing;
using namespace std::chrono_literals;

namespace {

const bool no_filter = missing("a socket filter", SocketFilter::available());

struct Fixture {
  std::unique_ptr<Clock> clock = make_virtual_clock(default_epoch());
  Loop loop{*clock};
  std::vector<Connection> accepted;
  std::unique_ptr<Listener> listener = *Listener::open(
      loop, Address::loopback(), {}, [this](Connection c) { accepted.push_back(std::move(c)); });

  bool connects() {
    auto c = Connection::connect(loop, listener->address());
    pollfd p{c ? c->fd() : -1, POLLOUT, 0};
    return c && ::poll(&p, 1, 0) > 0 && c->take_error() == 0;
  }
};

// A client that waits 60 seconds sees nothing; then nothing is in its way any more.
void drops_for_60_seconds(SynDrop::Mechanism mechanism, const char* receipt) {
  Fixture f;
  auto drop = SynDrop::start(*f.listener, mechanism);
  REQUIRE_MESSAGE(drop.has_value(), drop.error().message);
  CHECK(drop->receipt() == receipt);
  CHECK(drop->mechanism() == mechanism);
  auto client = Connection::connect(f.loop, f.listener->address());
  REQUIRE(client);
  bool ready = false;
  client->on_ready([&](Ready) { ready = true; });
  client->watch({.write = true});
  const Timer timeout = f.loop.after(60s, [&] { client->close(); });
  CHECK(f.loop.run() == Loop::End::idle);
  CHECK(f.loop.now() == TimePoint(60s));
  CHECK_FALSE(ready);
  CHECK(f.accepted.empty());
  CHECK(drop->stop(511).empty());
  CHECK(drop->stop(511).empty());  // once is enough, twice does no harm
  CHECK(f.connects());
  f.loop.run();
  CHECK(f.accepted.size() == 1);
}

}  // namespace

TEST_CASE("SYNs are dropped by a full accept queue, for 60 virtual seconds, then no longer") {
  drops_for_60_seconds(SynDrop::Mechanism::full_backlog, "SYN dropped (full accept queue)");
}

TEST_CASE("SYNs are dropped by a socket filter, for 60 virtual seconds, then no longer" *
          doctest::skip(no_filter)) {
  drops_for_60_seconds(SynDrop::Mechanism::socket_filter, "SYN dropped (socket filter)");
}

TEST_CASE("its destruction ends a filter" * doctest::skip(no_filter)) {
  Fixture f;
  {
    auto drop = SynDrop::start(*f.listener, SynDrop::Mechanism::socket_filter);
    REQUIRE(drop);
    const SynDrop moved = std::move(*drop);
    CHECK_FALSE(f.connects());
  }
  CHECK(f.connects());
}

TEST_CASE("the first mechanism that works is chosen; an unprivileged user has one too") {
  Fixture f;
  const auto drop = SynDrop::start(*f.listener);
  REQUIRE_MESSAGE(drop.has_value(), drop.error().message);
  CHECK_FALSE(f.connects());
  if (::geteuid() != 0) return;
  CHECK(badgate::tests::in_child([]() -> std::string {
          if (::setgid(65534) != 0 || ::setuid(65534) != 0) return "cannot become nobody";
          Fixture inner;
          const auto dropped = SynDrop::start(*inner.listener);
          if (!dropped) return dropped.error().message;
          return inner.connects() ? "connects" : "hangs";
        }) == "hangs");
}

TEST_CASE("a unix socket has no SYN") {
  Fixture f;
  const auto path =
      std::filesystem::temp_directory_path() / fmt::format("badgate-syn-drop-{}.sock", ::getpid());
  std::filesystem::remove(path);
  const auto listener =
      *Listener::open(f.loop, *Address::unix_path(path.string()), {}, [](Connection) {});
  const auto refused = SynDrop::start(*listener);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "a unix socket has no SYN to drop");
}
