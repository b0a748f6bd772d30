#include "fault_backends/body_pattern.h"
#include "tests/fault_backends/kit.h"

using namespace badgate;
using namespace badgate::fault_backends;
using namespace badgate::fault_backends::test;

namespace {

// An application in `world`, and the database that it asks.
struct Called {
  explicit Called(World& world, std::vector<Fault> faults, net::Duration service_time = {}) {
    Settings settings;
    settings.name = "db";
    settings.listen = net::Address::loopback();
    settings.answer.service_time = service_time;
    settings.faults = std::move(faults);
    auto started = Backend::start(world.loop, std::move(settings), net::Rng(1), {});
    REQUIRE(started.has_value());
    db = std::move(*started);
    world.settings.calls = db->address();
    world.settings.calls_name = "db";
    world.start();
  }
  std::unique_ptr<Backend> db;
};

}  // namespace

TEST_CASE("an application answers once its database has") {
  World world;
  const Called called(world, {}, 3s);
  Client& client = world.client(kGet);
  world.run_until(10s);
  CHECK(body_of(client.got) == pattern(100));
  CHECK(client.pieces.at(0).first == 3s);
  CHECK(called.db->counts().executed == 1);
  CHECK(world.told("request 1 asks db"));
  CHECK(world.told("request 1 has its answer from db"));
}

TEST_CASE("an application fails as its database does") {
  struct {
    std::string_view family, kind;
    std::string_view why;
  } const cases[] = {
      {"down", "refuse", "connect() failed (111: Connection refused)"},
      {"crash", "after-request", "its response is empty"},
      {"crash", "mid-body", "its response is cut"},
      {"crash", "before-request", "recv() failed (104: Connection reset by peer)"},
      {"unfit", "status", "answered 503"},
      {"garbage", "ssh-banner", "its response is "},
  };
  for (const auto& c : cases) {
    CAPTURE(c.kind);
    World world;
    world.settings.calls_failed_status = 500;
    const Called called(world, World::build(c.family, c.kind));
    Client& client = world.client(kGet);
    world.run_until(10s);
    CHECK(client.got.starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
    CHECK(world.receipt_has("request 1 has no answer from db: " + std::string(c.why)));
  }
}

TEST_CASE("an application waits for its database, for ever or for so long") {
  World patient;
  const Called a(patient, World::build("slow", "never-reads"));
  Client& waits = patient.client(kGet);
  patient.run_until(24h);
  CHECK(waits.got.empty());
  CHECK(waits.end.empty());

  World strict;
  strict.settings.calls_timeout = 30s;
  strict.settings.calls_failed_status = 503;
  const Called b(strict, World::build("slow", "never-reads"));
  Client& told = strict.client(kGet);
  strict.run_until(60s);
  CHECK(told.got.starts_with("HTTP/1.1 503 "));
  CHECK(told.pieces.at(0).first == 30s);
  CHECK(strict.receipt_has("request 1 has no answer from db: timed out"));
}

TEST_CASE("dependency: connection-pool makes requests wait for a connection") {
  World world;
  world.fault("dependency", "connection-pool", {{"size", "2"}});
  const Called called(world, {}, 10s);
  for (int i = 0; i < 5; ++i)
    world.client(kGet);
  world.run_until(100s);
  const net::Duration when[] = {10s, 10s, 20s, 20s, 30s};
  for (std::size_t i = 0; i < 5; ++i)
    CHECK(world.clients[i]->pieces.at(0).first == when[i]);
}
