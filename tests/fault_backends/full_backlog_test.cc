#include "fault_backends/full_backlog.h"

#include <doctest/doctest.h>
#include <fmt/core.h>
#include <poll.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "net/connection.h"
#include "net/listener.h"

using namespace badgate::fault_backends;
using namespace badgate::net;
using namespace std::chrono_literals;

namespace {

Address unix_socket() {
  const auto path = std::filesystem::temp_directory_path() /
                    fmt::format("badgate-full-backlog-{}.sock", ::getpid());
  std::filesystem::remove(path);
  return *Address::unix_path(path.string());
}

struct Fixture {
  std::unique_ptr<Clock> clock = make_virtual_clock(default_epoch());
  Loop loop{*clock};
  std::vector<Connection> accepted;
  std::unique_ptr<Listener> listener;

  explicit Fixture(const Address& at) {
    listener =
        *Listener::open(loop, at, {}, [&](Connection c) { accepted.push_back(std::move(c)); });
  }

  // "connected", "hangs" or the errno; the connection ends with the call unless `keep` takes it.
  std::string connect(std::vector<Connection>* keep = nullptr) {
    auto c = Connection::connect(loop, listener->address());
    if (!c) return fmt::format("{}", c.error().code);
    pollfd p{c->fd(), POLLOUT, 0};
    if (::poll(&p, 1, 0) == 0) return "hangs";
    const int code = c->take_error();
    if (keep != nullptr) keep->push_back(std::move(*c));
    return code == 0 ? "connected" : fmt::format("{}", code);
  }
};

struct Row {
  Address at;
  std::string turned_away;
};

std::vector<Row> rows() {
  return {{Address::loopback(), "hangs"},
          {Address::loopback6(), "hangs"},
          {unix_socket(), fmt::format("{}", EAGAIN)}};
}

}  // namespace

TEST_CASE("a full queue turns connections away until it is released") {
  for (const auto& row : rows()) {
    CAPTURE(row.at.to_string());
    Fixture f(row.at);
    f.listener->pause();
    auto full = FullBacklog::fill(f.listener->fd(), f.listener->address());
    REQUIRE_MESSAGE(full.has_value(), full.error().message);
    for (int i = 0; i < 10; ++i)
      CHECK(f.connect() == row.turned_away);
    CHECK(full->release(511).empty());
    f.listener->resume();
    CHECK(f.connect() == "connected");
    f.loop.run();
    CHECK(f.accepted.size() == 1);
  }
}

TEST_CASE("connections that waited before are handed out in their order") {
  for (const auto& row : rows()) {
    CAPTURE(row.at.to_string());
    Fixture f(row.at);
    f.listener->pause();
    std::vector<Connection> waiting;
    for (const char* name : {"a", "b", "c"}) {
      REQUIRE(f.connect(&waiting) == "connected");
      waiting.back().write(name);
    }
    auto full = FullBacklog::fill(f.listener->fd(), f.listener->address());
    REQUIRE_MESSAGE(full.has_value(), full.error().message);
    CHECK(f.connect() == row.turned_away);
    std::string order;
    for (const auto& fd : full->release(511)) {
      char byte = '?';
      CHECK(::read(fd.get(), &byte, 1) == 1);
      order += byte;
    }
    CHECK(order == "abc");
  }
}

TEST_CASE("only its own connections are taken out of the queue") {
  for (const auto& row : rows()) {
    CAPTURE(row.at.to_string());
    Fixture f(row.at);
    f.listener->pause();
    auto full = FullBacklog::fill(f.listener->fd(), f.listener->address());
    REQUIRE_MESSAGE(full.has_value(), full.error().message);
    REQUIRE(::listen(f.listener->fd(), 511) == 0);
    std::vector<Connection> late;
    REQUIRE(f.connect(&late) == "connected");
    CHECK(full->release(511).size() == 1);
  }
}

TEST_CASE("an address at which nobody listens is an error") {
  Fixture f(Address::loopback());
  const UniqueFd closed(::socket(AF_INET, SOCK_STREAM, 0));
  const Address any = Address::loopback();
  REQUIRE(::bind(closed.get(), any.data(), any.size()) == 0);
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  REQUIRE(::getsockname(closed.get(), reinterpret_cast<sockaddr*>(&name), &size) == 0);
  const auto free = Address::from(reinterpret_cast<sockaddr*>(&name), size);
  const auto full = FullBacklog::fill(f.listener->fd(), free);
  REQUIRE_FALSE(full);
  CHECK(full.error().message == "full accept queue: nobody listens at " + free.to_string());
}
