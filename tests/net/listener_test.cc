#include "net/listener.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

using namespace badgate::net;
using namespace std::chrono_literals;

namespace {

// Leaves this process without a free descriptor while it lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const UniqueFd lowest_free(::dup(STDIN_FILENO));
    REQUIRE(lowest_free);
    const rlimit none{static_cast<rlim_t>(lowest_free.get()), before_.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

struct Waiting {
  std::unique_ptr<Clock> clock = make_virtual_clock(default_epoch());
  Loop loop{*clock};
  std::vector<Connection> accepted;
  std::vector<int> errors;
  std::unique_ptr<Listener> listener;

  Waiting() {
    auto opened = Listener::open(loop, Address::loopback(), {}, [this](Connection connection) {
      accepted.push_back(std::move(connection));
    });
    REQUIRE(opened.has_value());
    listener = std::move(*opened);
    listener->on_error([this](int error) { errors.push_back(error); });
  }

  void pause(Duration time) {
    const auto timer = loop.after(time, [this] { loop.stop(); });
    loop.run();
  }
};

}  // namespace

TEST_CASE("without descriptors a connection waits, and accepting is tried twice a second") {
  Waiting at;
  const auto client = Connection::connect(at.loop, at.listener->address());
  REQUIRE(client.has_value());
  {
    const NoDescriptors limit;
    at.pause(1200ms);
  }
  CHECK(at.errors == std::vector<int>{EMFILE, EMFILE, EMFILE});
  CHECK(at.accepted.empty());
  at.pause(400ms);
  CHECK(at.errors.size() == 3);
  CHECK(at.accepted.size() == 1);
}

TEST_CASE("a listener that is paused does not try again by itself") {
  Waiting at;
  at.listener->on_error([&](int error) {
    at.errors.push_back(error);
    at.listener->pause();
  });
  const auto client = Connection::connect(at.loop, at.listener->address());
  REQUIRE(client.has_value());
  {
    const NoDescriptors limit;
    at.pause(0s);
  }
  at.pause(10s);
  CHECK(at.errors.size() == 1);
  CHECK(at.accepted.empty());
  at.listener->resume();
  at.pause(0s);
  CHECK(at.accepted.size() == 1);
}

TEST_CASE("a listener may be destroyed by a connection that it hands out") {
  Waiting at;
  int accepted = 0;
  auto opened = Listener::open(at.loop, Address::loopback(), {}, [&](Connection) {
    ++accepted;
    at.listener.reset();  // what is read of it from here on has been freed
  });
  REQUIRE(opened.has_value());
  at.listener = std::move(*opened);
  // Both wait when it has its turn.
  const auto first = Connection::connect(at.loop, at.listener->address());
  const auto second = Connection::connect(at.loop, at.listener->address());
  REQUIRE(first.has_value());
  REQUIRE(second.has_value());
  at.pause(0s);
  CHECK(accepted == 1);
  CHECK(at.listener == nullptr);
  CHECK(second->peer_closed());
}
