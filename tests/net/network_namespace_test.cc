#include "net/network_namespace.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>

#include <cerrno>
#include <string>

#include "net/connection.h"
#include "net/listener.h"
#include "net/self_check.h"
#include "tests/rights.h"

using namespace badgate::net;
using badgate::tests::in_child;
using badgate::tests::missing;
using namespace std::chrono_literals;

namespace {

const bool no_namespace = missing("a network namespace", NetworkNamespace::available());

// How a connect to `to` goes: "connected", "in progress", or the errno.
std::string connect_to(const Address& to) {
  const auto clock = make_virtual_clock(default_epoch());
  Loop loop(*clock);
  auto c = Connection::connect(loop, to);
  if (!c) return fmt::format("{}", c.error().code);
  pollfd p{c->fd(), POLLOUT, 0};
  if (::poll(&p, 1, 0) == 0) return "in progress";
  const int code = c->take_error();
  return code == 0 ? "connected" : fmt::format("later {}", code);
}

// Goes through all routes with one address at which somebody listens.
std::string all_routes(NetworkNamespace& inside) {
  const auto clock = make_virtual_clock(default_epoch());
  Loop loop(*clock);
  const auto address = inside.allocate(8080);
  std::string story = connect_to(*address);
  if (!inside.set_route(*address, Route::local)) return "no local route";
  const auto listener = Listener::open(loop, *address, {}, [](Connection) {});
  if (!listener) return listener.error().message;
  for (const Route route : {Route::local, Route::unreachable, Route::prohibit, Route::blackhole,
                            Route::none, Route::none, Route::local}) {
    if (auto set = inside.set_route(*address, route); !set) return set.error().message;
    story += fmt::format(", {}: {}", to_string(route), connect_to(*address));
  }
  return story;
}

bool write_to(const char* path, const char* text) {
  const UniqueFd fd(::open(path, O_WRONLY));
  return fd && ::write(fd.get(), text, std::char_traits<char>::length(text)) > 0;
}

}  // namespace

TEST_CASE("each route gives the errno that a proxy logs" * doctest::skip(no_namespace)) {
  CHECK(in_child([] {
          auto inside = NetworkNamespace::enter();
          return inside ? all_routes(*inside) : inside.error().message;
        }) ==
        "101, local: connected, unreachable: 113, prohibit: 13, blackhole: 22, no route: 101, "
        "no route: 101, local: connected");
}

TEST_CASE("lo is up inside, and the addresses given out differ" * doctest::skip(no_namespace)) {
  CHECK(in_child([] {
          auto inside = NetworkNamespace::enter();
          if (!inside) return inside.error().message;
          const auto a = inside->allocate(80);
          const auto b = inside->allocate(81);
          const auto c = check_loopback(10);
          return fmt::format("{} {} {}", a->to_string(), b->to_string(),
                             c ? c->to_string() : c.error().message);
        }) == "192.0.2.10:80 192.0.2.11:81 loopback delivers at once (10 trials)");
}

TEST_CASE("there are 245 addresses and then an error" * doctest::skip(no_namespace)) {
  CHECK(in_child([] {
          auto inside = NetworkNamespace::enter();
          if (!inside) return inside.error().message;
          int count = 0;
          while (inside->allocate(80))
            ++count;
          return fmt::format("{}: {}", count, inside->allocate(80).error().message);
        }) == "245: all addresses of 192.0.2.0/24 are in use");
}

TEST_CASE("the kernel's limits can be set inside and are unchanged outside" *
          doctest::skip(no_namespace)) {
  CHECK(in_child([] {
          auto inside = NetworkNamespace::enter();
          if (!inside) return inside.error().message;
          if (auto set = inside->set_limit("ip_local_port_range", "40000 40001"); !set) {
            return set.error().message;
          }
          const auto clock = make_virtual_clock(default_epoch());
          Loop loop(*clock);
          const auto listener =
              Listener::open(loop, Address::loopback(50000), {}, [](Connection) {});
          const auto a = Connection::connect(loop, (*listener)->address());
          const auto b = Connection::connect(loop, (*listener)->address());
          const auto c = Connection::connect(loop, (*listener)->address());
          const bool two = a && b && !c && c.error().code == EADDRNOTAVAIL;
          const auto unknown = inside->set_limit("no_such_limit", "1");
          return fmt::format("{} {}", two, unknown ? "accepted" : unknown.error().message);
        }) == "true open(/proc/sys/net/ipv4/no_such_limit) failed (2: No such file or directory)");
}

TEST_CASE("an unprivileged user can enter too, where user namespaces are allowed" *
          doctest::skip(no_namespace || ::geteuid() != 0)) {
  const std::string story = in_child([]() -> std::string {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) return "cannot become nobody";
    ::prctl(PR_SET_DUMPABLE, 1);  // or /proc/self stays root's after setuid
    auto inside = NetworkNamespace::enter();
    if (!inside) return "refused: " + inside.error().message;
    return all_routes(*inside).substr(0, 21);
  });
  // A machine may keep user namespaces from its users; then the refusal has to say so.
  if (story.starts_with("refused: ")) {
    CHECK(story.starts_with("refused: unshare(CLONE_NEWUSER | CLONE_NEWNET) failed ("));
    MESSAGE(story);
  } else {
    CHECK(story == "101, local: connected");
  }
}

TEST_CASE("routes are set for IPv4 addresses only" * doctest::skip(no_namespace)) {
  CHECK(in_child([] {
          auto inside = NetworkNamespace::enter();
          if (!inside) return inside.error().message;
          return inside->set_route(Address::loopback6(1), Route::prohibit).error().message;
        }) == "routes are set for IPv4 addresses, not for [::1]:1");
}

// Needs root for the file system that shows the namespace's devices, and a second processor.
TEST_CASE("the self-check finds out a loopback that hands packets to another processor" *
          doctest::skip(no_namespace || ::geteuid() != 0 || ::sysconf(_SC_NPROCESSORS_ONLN) < 2)) {
  const std::string story = in_child([]() -> std::string {
    cpu_set_t first;
    CPU_ZERO(&first);
    CPU_SET(0, &first);
    if (::sched_setaffinity(0, sizeof first, &first) != 0) return "not possible here";
    auto inside = NetworkNamespace::enter();
    if (!inside) return inside.error().message;
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", "/sys", "sysfs", 0, nullptr) != 0 ||
        !write_to("/sys/class/net/lo/queues/rx-0/rps_cpus", "2")) {
      return "not possible here";
    }
    const auto check = check_loopback(5);
    if (!check) return check.error().message;
    return fmt::format("{} {}", check->settles_at_once(), check->to_string());
  });
  if (story == "not possible here") {
    MESSAGE(story);
  } else {
    CHECK(story.starts_with("false this machine's loopback does not deliver at once: late were "));
  }
}
