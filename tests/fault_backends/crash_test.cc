#include "fault_backends/body_pattern.h"
#include "tests/fault_backends/kit.h"

using namespace badgate;
using namespace badgate::fault_backends;
using namespace badgate::fault_backends::test;

namespace {

using Parameters = std::vector<std::pair<std::string_view, std::string_view>>;

const std::string kHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n";
const std::string kChunkedHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";

struct Case {
  std::string_view kind;
  Parameters parameters;
  std::string got;
  std::string end;
  std::uint64_t executed;
  std::string receipt;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"on-accept", {}, "", "RST", 0, "RST sent on accept (crash: on-accept)"},
      {"on-accept", {{"how", "FIN"}}, "", "FIN", 0, "FIN sent on accept (crash: on-accept)"},
      {"before-request", {}, "", "RST", 0, "RST (the kernel's: unread bytes) sent after 0"},
      {"before-request", {{"how", "RST"}}, "", "RST", 0, "RST sent after 0 request bytes"},
      {"before-request", {{"how", "FIN"}}, "", "FIN", 0, "FIN sent after 0 request bytes"},
      {"mid-request", {}, "", "RST", 0, "RST (the kernel's: unread bytes) sent after 20 request"},
      {"mid-request", {{"at", "30"}, {"how", "FIN"}}, "", "FIN", 0, "FIN sent after 30 request"},
      {"after-request",
       {},
       "",
       "FIN",
       1,
       "FIN sent after reading request 1 (crash: after-request)"},
      {"after-request", {{"how", "RST"}}, "", "RST", 1, "RST sent after reading request 1"},
      {"mid-header", {}, kHead.substr(0, 20), "FIN", 1, "FIN sent after 20 of 66 header bytes"},
      {"mid-header",
       {{"at", "5"}, {"how", "RST"}},
       kHead.substr(0, 5),
       "RST",
       1,
       "RST sent after 5 of 66 header bytes"},
      {"after-header", {}, kHead, "FIN", 1, "FIN sent after 0 of 100 body bytes"},
      {"mid-body", {}, kHead + pattern(20), "FIN", 1, "FIN sent after 20 of 100 body bytes"},
      {"mid-body",
       {{"at", "99"}, {"how", "RST"}},
       kHead + pattern(99),
       "RST",
       1,
       "RST sent after 99 of 100 body bytes (crash: mid-body)"},
      {"mid-chunk",
       {},
       kChunkedHead + "64\r\n" + pattern(20),
       "FIN",
       1,
       "FIN sent after 20 of 100 body bytes (crash: mid-chunk)"},
      {"mid-chunk", {{"how", "RST"}}, kChunkedHead + "64\r\n" + pattern(20), "RST", 1, "RST sent"},
      {"process", {}, "", "FIN", 1, "process gone (crash: process, connection 1, after reading"},
      {"process-mid-body", {}, kHead + pattern(20), "FIN", 1, "after 20 of 100 body bytes)"},
  };
  return all;
}

}  // namespace

TEST_CASE("crash: what the client's socket sees") {
  for (const bool is_unix : {false, true}) {
    for (const auto& c : cases()) {
      CAPTURE(is_unix);
      CAPTURE(c.kind);
      World world(is_unix);
      world.fault("crash", c.kind, c.parameters);
      world.start();
      Client& client = world.client(kGet);
      world.run_until(1s);
      CHECK(client.end == c.end);
      CHECK(world.receipt_has(c.receipt));
      CHECK(client.ended == 0s);
      if (c.end == "RST") CHECK(client.error == ECONNRESET);
      // A reset may overtake what was sent before it, in TCP; in a unix socket it does not.
      if (c.end == "FIN") CHECK(client.got == c.got);
      if (c.end == "RST") CHECK(c.got.starts_with(client.got));
      CHECK(world.counts().executed == c.executed);
      CHECK(world.counts().responses == 0);
    }
  }
}

TEST_CASE("crash: nth-request answers until then, over all connections, and afterwards") {
  World world;
  world.fault("crash", "nth-request", {{"number", "3"}});
  world.start();
  std::vector<Client*> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(&world.client(kGet));
    world.run_until(1s * (i + 1));
  }
  for (const int answered : {0, 1, 3})
    CHECK(body_of(clients[static_cast<std::size_t>(answered)]->got) == pattern(100));
  CHECK(clients[2]->got.empty());
  CHECK(clients[2]->end == "FIN");
  CHECK(world.counts().executed == 4);
  CHECK(world.counts().responses == 3);
}

TEST_CASE("crash: process takes every connection with it and comes back when it is told to") {
  for (const bool is_unix : {false, true}) {
    World world(is_unix);
    world.fault("crash", "process", {{"restart_after", "5s"}, {"times", "1"}});
    world.start();
    Client& idle = world.client();
    world.run_until(1s);
    Client& killer = world.client(kGet);
    world.run_until(2s);
    CHECK(killer.end == "FIN");
    CHECK(idle.end == "FIN");
    CHECK(idle.ended == 1s);
    Client& refused = world.client();
    world.run_until(3s);
    CHECK(refused.connect_error == ECONNREFUSED);
    CHECK(world.told("will be started again in 5s"));
    world.run_until(7s);
    Client& back = world.client(kGet);
    world.run_until(8s);
    CHECK(body_of(back.got) == pattern(100));
  }
}

TEST_CASE("crash: process without restart stays away") {
  World world;
  world.fault("crash", "process");
  world.start();
  world.client(kGet);
  world.run_until(1h);
  Client& refused = world.client();
  world.run_until(2h);
  CHECK(refused.connect_error == ECONNREFUSED);
}

TEST_CASE("a fault beyond the end strikes nothing, and says so") {
  World world;
  world.fault("crash", "mid-body", {{"at", "101"}});
  world.fault("crash", "mid-request", {{"at", "1k"}});
  world.start();
  Client& client = world.client(kGet);
  world.run_until(1s);
  CHECK(body_of(client.got) == pattern(100));
  CHECK(world.backend->receipt() ==
        std::vector<std::string>{
            "request 1: crash: mid-request had nothing to strike at 1024, the request is too short",
            "request 1: crash: mid-body had nothing to strike at 101, the response is too short"});
}

TEST_CASE("times, after, between and probability choose whom a fault strikes") {
  const auto cut = [](const Parameters& parameters, std::uint64_t seed = 1) {
    World world;
    world.seed = seed;
    world.fault("crash", "after-request", parameters);
    world.start();
    std::string outcome;
    for (int i = 0; i < 8; ++i) {
      Client& client = world.client(kGet);
      world.run_until(10s * (i + 1));
      outcome += client.got.empty() ? 'x' : '.';
    }
    return outcome;
  };
  CHECK(cut({}) == "xxxxxxxx");
  CHECK(cut({{"times", "2"}}) == "xx......");
  CHECK(cut({{"after", "3"}}) == "...xxxxx");
  CHECK(cut({{"after", "3"}, {"times", "1"}}) == "...x....");
  CHECK(cut({{"between", "20s 40s"}}) == "..xx....");
  CHECK(cut({{"probability", "0%"}}) == "........");
  const auto some = cut({{"probability", "50%"}});
  CHECK(some.find('x') != std::string::npos);
  CHECK(some.find('.') != std::string::npos);
  CHECK(cut({{"probability", "50%"}}) == some);
  CHECK(cut({{"probability", "50%"}}, 2) != some);
}
