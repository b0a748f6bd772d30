#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "fault_backends/body_pattern.h"
#include "fault_backends/file_rights.h"
#include "tests/fault_backends/kit.h"

using namespace badgate;
using namespace badgate::fault_backends;
using namespace badgate::fault_backends::test;

namespace {

bool is_socket(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

bool is_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

TEST_CASE("down: what a connect meets") {
  struct {
    std::string_view kind;
    bool is_unix;
    int error;
    std::string_view receipt;
  } const cases[] = {
      {"refuse", false, ECONNREFUSED, "connection refused (port closed) (down: refuse)"},
      {"refuse", true, ECONNREFUSED, "connection refused (stale socket file) (down: refuse)"},
      {"wrong-port", false, ECONNREFUSED, "it listens at another port"},
      {"missing", true, ENOENT, "no such file (down: missing)"},
      {"stale", true, ECONNREFUSED, "connection refused (stale socket file) (down: stale)"},
      {"not-a-socket", true, ECONNREFUSED, "connection refused (a plain file)"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.kind);
    CAPTURE(c.is_unix);
    World world(c.is_unix);
    world.fault("down", c.kind);
    world.start();
    CHECK((c.is_unix || world.backend->address().port() != 0));
    Client& client = world.client(kGet);
    world.run_until(1s);
    CHECK(client.connect_error == c.error);
    CHECK(world.receipt_has(c.receipt));
    CHECK(world.counts().connections == 0);
    const auto path = world.backend->address().path();
    CHECK(is_socket(path) == (c.is_unix && c.receipt.find("stale") != std::string::npos));
    CHECK(is_file(path) == (c.kind == "not-a-socket"));
    world.backend.reset();
    CHECK_FALSE(is_socket(path));
    CHECK_FALSE(is_file(path));
  }
}

TEST_CASE("down: no-permission, also for root within OrdinaryFileRights") {
  const auto possible = OrdinaryFileRights::available();
  if (!possible) {
    MESSAGE("skipped: " << possible.error().message);
    return;
  }
  World world(true);
  world.fault("down", "no-permission");
  CHECK(available(world.settings.faults.front()).has_value());
  world.start();
  const OrdinaryFileRights guard;
  Client& client = world.client(kGet);
  world.run_until(1s);
  CHECK(client.connect_error == EACCES);
  CHECK(world.receipt_has("permission denied (socket file of mode 0) (down: no-permission)"));
}

TEST_CASE("down: what is done about a unix socket within OrdinaryFileRights helps") {
  const auto possible = OrdinaryFileRights::available();
  if (!possible) {
    MESSAGE("skipped: " << possible.error().message);
    return;
  }
  World world(true);
  world.fault("down", "no-permission");
  world.start();
  const OrdinaryFileRights guard;
  world.backend->crash();
  world.backend->restart();
  Client& forbidden = world.client(kGet);
  CHECK(forbidden.connect_error == EACCES);  // made anew with the same rights
  world.backend->set_faults({});
  Client& healed = world.client(kGet);
  world.run_until(1s);
  CHECK(body_of(healed.got) == pattern(100));
  for (const auto* kind : {"stale", "not-a-socket"}) {
    world.backend->set_faults(World::build("down", kind));
    CHECK(world.client(kGet).connect_error == ECONNREFUSED);
  }
  world.backend->set_faults({});
  Client& again = world.client(kGet);
  world.run_until(2s);
  CHECK(body_of(again.got) == pattern(100));
}

TEST_CASE("down: why it cannot start again is told without its address") {
  World world(true);
  std::string folder = "/tmp/badgate-test-XXXXXX";
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  world.settings.listen = *net::Address::unix_path(folder + "/socket");
  world.start();
  world.backend->crash();
  std::filesystem::remove_all(folder);
  world.backend->restart();
  CHECK(world.backend->receipt().back() ==
        "cannot start again: bind(app[0]) failed (2: No such file or directory)");
}

TEST_CASE("down: what a TCP port or a unix socket cannot be is an error at the start") {
  for (const auto* kind : {"missing", "no-permission", "stale", "not-a-socket"}) {
    World world;
    world.fault("down", kind);
    const auto started = world.try_start();
    REQUIRE_FALSE(started.has_value());
    CHECK(started.error().message.find("is no unix socket: it has no file") != std::string::npos);
  }
  World world(true);
  world.fault("down", "wrong-port");
  CHECK(world.try_start().error().message ==
        "down: wrong-port: a unix socket has no port to be wrong");
}

TEST_CASE("down: between two moments the process is gone, and back") {
  for (const auto* kind : {"refuse", "missing"}) {
    const bool is_unix = std::string_view(kind) == "missing";
    World world(is_unix);
    world.settings.answer.service_time = 3s;
    world.fault("down", kind, {{"between", "10s 40s"}});
    world.start();
    Client& kept = world.client(kGet);
    world.run_until(8s);
    CHECK(body_of(kept.got) == pattern(100));
    Client& cut = world.client(kGet);
    world.run_until(20s);
    CHECK(kept.end == "FIN");
    CHECK(kept.ended == 10s);
    CHECK(cut.got.empty());
    CHECK(cut.ended == 10s);
    Client& refused = world.client(kGet);
    world.run_until(39s);
    CHECK(refused.connect_error == (is_unix ? ENOENT : ECONNREFUSED));
    world.run_until(41s);
    Client& back = world.client(kGet);
    world.run_until(50s);
    CHECK(body_of(back.got) == pattern(100));
  }
}

TEST_CASE("down: nobody else gets the address of a backend that is gone") {
  World world;
  world.fault("down", "refuse");
  world.start();
  const net::UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
  const auto& address = world.backend->address();
  CHECK(::bind(fd.get(), address.data(), address.size()) != 0);
  CHECK(errno == EADDRINUSE);
}

TEST_CASE("down: a backend can be healed and broken while it runs") {
  World world;
  world.fault("down", "refuse");
  world.start();
  const auto address = world.backend->address();
  world.backend->set_faults({});
  CHECK(world.backend->address() == address);
  Client& client = world.client(kGet);
  world.run_until(1s);
  CHECK(body_of(client.got) == pattern(100));
  world.backend->set_faults(World::build("down", "refuse"));
  Client& refused = world.client(kGet);
  world.run_until(2s);
  CHECK(client.end == "FIN");
  CHECK(refused.connect_error == ECONNREFUSED);
}
