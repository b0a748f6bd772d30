// worker_connections, worker_rlimit_nofile, worker_shutdown_timeout, proxy_bind.
#include <doctest/doctest.h>

#include "tests/proxy/fixture.h"

using namespace badgate;
using namespace badgate::proxy;
using namespace badgate::proxy::test;

namespace {

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const Script kSlow{read_head(), wait(5s), send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
                   close()};

}  // namespace

TEST_CASE("without a place for the server's connection the answer is 500") {
  Fixture f;
  f.settings.worker_connections = 2 + 2 + 1;  // nginx's own, one request, a client
  auto& app = f.add_server({kSlow});
  f.start();
  const auto first = f.connect_and_send(kGet);
  f.run_for(100ms);
  const auto second = f.connect_and_send(kGet);
  f.run_for(100ms);
  CHECK(second->status() == 500);
  REQUIRE(f.errors.size() == 1);
  CHECK(f.errors[0].starts_with(
      "[alert] *3 5 worker_connections are not enough while connecting to upstream, client: "));
  f.run_for(10s);
  CHECK(first->status() == 200);
  CHECK(app.connections() == 1);
}

TEST_CASE("without a place for the client it is closed, unless another one is idle") {
  Fixture f;
  f.settings.worker_connections = 2 + 2;
  f.settings.error_log_level = Level::warn;
  f.add_server({kSlow});
  f.start();
  SUBCASE("all are busy") {
    const auto first = f.connect_and_send(kGet);
    f.run_for(100ms);
    const auto second = f.connect();
    f.run_for(100ms);
    CHECK(second->got_fin());
    CHECK(f.errors == std::vector<std::string>{"[alert] 4 worker_connections are not enough"});
  }
  SUBCASE("the one that is idle for longest goes") {
    const auto first = f.connect();
    const auto second = f.connect();
    f.run_for(100ms);
    CHECK_FALSE(first->got_fin());
    const auto third = f.connect();
    f.run_for(100ms);
    CHECK(first->got_fin());
    CHECK_FALSE(second->got_fin());
    CHECK_FALSE(third->got_fin());
    CHECK(f.errors.empty());
    CHECK(f.lines == std::vector<std::string>{
                         "[warn] 4 worker_connections are not enough, reusing connections"});
  }
}

TEST_CASE("without a descriptor neither socket() nor accept4() works") {
  Fixture f;
  f.settings.worker_rlimit_nofile = 11 + 2 + 1;  // nginx's own, one request, a client
  f.add_server({kSlow});
  f.start();
  const auto first = f.connect_and_send(kGet);
  f.run_for(100ms);
  const auto second = f.connect_and_send(kGet);
  f.run_for(100ms);
  CHECK(second->status() == 500);
  REQUIRE(f.errors.size() == 1);
  CHECK(
      f.errors[0].starts_with("[alert] *3 socket() failed (24: Too many open files) while "
                              "connecting to upstream, client: "));
  const auto idle = f.connect();
  const auto third = f.connect_and_send(kGet);
  f.run_for(1s);
  CHECK(third->received().empty());
  CHECK(f.errors.back() == "[crit] accept4() failed (24: Too many open files)");
  f.run_for(10s);
  CHECK(third->status() != 0);
}

TEST_CASE("worker_shutdown_timeout ends what a reload has left behind") {
  Fixture f;
  f.settings.worker_shutdown_timeout = 2s;
  f.settings.log_format = "$status $request_time";
  auto& app = f.add_server({kSlow});
  f.start();
  const auto client = f.connect_and_send(kGet);
  f.run_for(1s);
  REQUIRE(f.proxy().reload(f.settings));
  f.run_for(10s);
  CHECK(client->received().empty());
  CHECK(seconds(client->closed_at()) == doctest::Approx(3));
  CHECK(app.closed(0));
  REQUIRE(f.access.size() == 1);
  CHECK(f.access[0] == "000 3.000");
  CHECK(f.errors.empty());
}

TEST_CASE("proxy_bind: an address that is not the machine's is 500") {
  Fixture f;
  f.settings.proxy.bind = *net::Address::parse("192.0.2.1:0");
  auto& app = f.add_server({kSlow});
  const auto client = f.get();
  CHECK(client->status() == 500);
  CHECK(app.connections() == 0);
  REQUIRE(f.errors.size() == 1);
  CHECK(
      f.errors[0].starts_with("[crit] *1 bind(192.0.2.1) failed (99: Cannot assign requested "
                              "address) while connecting to upstream, client: "));
}
