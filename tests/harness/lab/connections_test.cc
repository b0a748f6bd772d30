#include "harness/lab/connections.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "harness/lab/server.h"
#include "net/unique_fd.h"

using namespace badgate;
using namespace badgate::harness::lab;
using namespace std::chrono_literals;

namespace {

// One request on a connection of its own, until the server has closed it.
std::string answer_of(Events& events, const net::Address& server) {
  const net::UniqueFd client(::socket(server.family(), SOCK_STREAM | SOCK_NONBLOCK, 0));
  ::connect(client.get(), server.data(), server.size());
  std::string answer;
  const auto writable = events.on_writable(client.get(), [&, sent = false]() mutable {
    if (std::exchange(sent, true)) return;
    const std::string request = "GET / HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n";
    CHECK(::send(client.get(), request.data(), request.size(), MSG_NOSIGNAL) > 0);
  });
  const auto readable = events.on_readable(client.get(), [&] {
    char buffer[4096];
    const ssize_t n = ::recv(client.get(), buffer, sizeof buffer, 0);
    if (n > 0) answer.append(buffer, static_cast<std::size_t>(n));
    if (n == 0) events.stop();
  });
  const auto limit = events.after(10s, [&] { events.stop(); });
  events.run();
  return answer;
}

// Whether every descriptor that is watched is open: the number of one that is closed may be given
// to a connection whose own watch is then never set.
bool watches_open_ones(const Events& events) {
  bool open = true;
  event_base_foreach_event(
      events.base(),
      [](const event_base*, const event* watch, void* all_open) {
        const int fd = event_get_fd(watch);
        if (fd >= 0 && ::fcntl(fd, F_GETFD) < 0) *static_cast<bool*>(all_open) = false;
        return 0;
      },
      &open);
  return open;
}

}  // namespace

TEST_CASE("no connection is watched after it was closed") {
  Events events;
  auto server = Server::start(events, *net::Address::parse("127.0.0.1:0"),
                              [](const HttpRequest&, const Reply& reply) {
                                reply({200, "text/plain", "well"});
                              });
  REQUIRE(server);
  for (int i = 0; i < 3; ++i) {
    CHECK(answer_of(events, (*server)->address()).ends_with("\r\n\r\nwell"));
    CHECK(watches_open_ones(events));
  }
}

TEST_CASE("whoever leaves while their request is worked on is noticed, once") {
  Events events;
  std::vector<Reply> waiting;
  int left = 0;
  auto server = Server::start(events, *net::Address::parse("127.0.0.1:0"),
                              [&](const HttpRequest& request, const Reply& reply) {
                                REQUIRE(request.asker);
                                CHECK(request.asker->address == "127.0.0.1");
                                request.asker->on_leave = [&] {
                                  ++left;
                                  events.stop();
                                };
                                waiting.push_back(reply);
                                events.stop();
                              });
  REQUIRE(server);
  const auto limit = events.after(20s, [&] { events.stop(); });
  const auto& at = (*server)->address();
  const std::string request = "GET / HTTP/1.1\r\nHost: lab\r\n\r\n";
  for (const bool hard : {false, true}) {
    net::UniqueFd client(::socket(at.family(), SOCK_STREAM, 0));
    ::connect(client.get(), at.data(), at.size());
    CHECK(::send(client.get(), request.data(), request.size(), MSG_NOSIGNAL) > 0);
    events.run();
    CHECK(waiting.size() == 1);
    const linger at_once{1, 0};
    if (hard) ::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    client = net::UniqueFd();
    left = 0;
    events.run();
    CHECK(left == 1);
    const auto soon = events.after(50ms, [&] { events.stop(); });
    events.run();
    CHECK(left == 1);
    waiting.front()({200, "text/plain", "too late"});
    waiting.clear();
  }
  CHECK(watches_open_ones(events));
}

TEST_CASE("the next request on a connection is no end of it") {
  Events events;
  int left = 0;
  std::vector<Reply> waiting;
  auto server = Server::start(events, *net::Address::parse("127.0.0.1:0"),
                              [&](const HttpRequest& request, const Reply& reply) {
                                request.asker->on_leave = [&] { ++left; };
                                waiting.push_back(reply);
                                events.stop();
                              });
  REQUIRE(server);
  const auto& at = (*server)->address();
  const net::UniqueFd client(::socket(at.family(), SOCK_STREAM, 0));
  ::connect(client.get(), at.data(), at.size());
  const auto limit = events.after(20s, [&] { events.stop(); });
  const std::string request = "GET / HTTP/1.1\r\nHost: lab\r\n\r\n";
  CHECK(::send(client.get(), request.data(), request.size(), MSG_NOSIGNAL) > 0);
  events.run();
  CHECK(::send(client.get(), request.data(), request.size(), MSG_NOSIGNAL) > 0);
  const auto soon = events.after(50ms, [&] { events.stop(); });
  events.run();
  CHECK(left == 0);
  REQUIRE(waiting.size() == 1);
  waiting.front()({200, "text/plain", "first"});
  events.run();
  CHECK(waiting.size() == 2);
  CHECK(left == 0);
}
