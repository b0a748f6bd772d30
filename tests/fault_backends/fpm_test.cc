#include <fmt/core.h>

#include <csignal>

#include "fault_backends/body_pattern.h"
#include "tests/fault_backends/fpm_kit.h"

using namespace badgate;
using namespace badgate::fault_backends;
using namespace badgate::fault_backends::test;
using Manager = FpmSettings::Manager;

TEST_CASE("fpm: a child dies, and another takes its place") {
  struct Case {
    std::string_view kind;
    std::vector<std::pair<std::string_view, std::string_view>> parameters;
    std::string out;
    std::string log;
  };
  const Case cases[] = {
      {"child-crashes", {}, "", "on signal 11 (SIGSEGV) after 0.500000 seconds from start"},
      {"child-killed", {{"where", "header"}}, kPhpHead, "on signal 9 (SIGKILL) after 0.500000"},
      {"child-killed",
       {{"where", "body"}, {"at", "7"}},
       kPhpHead + std::string(pattern(7)),
       "on signal 9 (SIGKILL) after 0.500000"},
      {"child-crashes", {{"delay", "2s"}}, "", "on signal 11 (SIGSEGV) after 2.500000 seconds"},
  };
  for (const auto& [kind, parameters, out, log] : cases) {
    FpmWorld world;
    world.fpm().max_children = 1;
    auto with = parameters;
    with.emplace_back("times", "1");
    world.fault("fpm", kind, with);
    world.start();
    world.run_until(500ms);
    Client& client = world.ask();
    Client& next = world.ask();
    world.run_until(10s);
    CHECK(records_of(client.got).out == out);
    CHECK(client.end == "RST");
    CHECK(world.logged("WARNING: [pool www] child 1001 exited " + log) == 1);
    CHECK(world.logged("NOTICE: [pool www] child 1002 started") == 1);
    CHECK(body_of(records_of(next.got).out) == pattern(100));
  }
}

TEST_CASE("fpm: a crashed child of an ondemand pool is replaced at once, too") {
  FpmWorld world;
  world.fpm() = {.manager = Manager::ondemand, .max_children = 2};
  world.fault("fpm", "child-crashes", {{"times", "1"}});
  world.start();
  world.ask();
  world.run_until(1s);
  CHECK(world.logged("WARNING: [pool www] child 1001 exited on signal 11 (SIGSEGV)") == 1);
  CHECK(world.logged("NOTICE: [pool www] child 1002 started") == 1);
}

TEST_CASE("fpm: without a master the children work on, and nobody replaces them") {
  FpmWorld world;
  world.fpm().max_children = 2;
  world.fault("fpm", "master-killed", {{"times", "1"}});
  world.fault("fpm", "child-crashes", {{"after", "1"}, {"times", "1"}});
  world.settings.answer.service_time = 1s;
  world.start();
  for (int i = 0; i < 4; ++i) {
    world.ask();
    world.run_until((i + 1) * 100ms);
  }
  world.run_until(60s);
  CHECK(answers(world) == "1 - 2 3 ");  // one child is left
  CHECK(world.logged("exited") == 0);
  CHECK(world.logged("started") == 0);
}

TEST_CASE("fpm: errors of scripts, as PHP tells them") {
  struct Case {
    std::string_view kind;
    std::vector<std::pair<std::string_view, std::string_view>> parameters;
    std::string types;
    std::string status;
    std::string err;
  };
  const Case cases[] = {
      {"fatal-error",
       {},
       "763",
       "Status: 500 Internal Server Error\r\n",
       "PHP message: PHP Fatal error:  Uncaught Error: Call to undefined function render() in "
       "/srv/app/index.php:3\nStack trace:\n#0 {main}\n  thrown in /srv/app/index.php on line 3"},
      {"fatal-error-after-output",
       {{"at", "5"}},
       "673",
       kPhpHead + std::string(pattern(5)),
       "PHP message: PHP Fatal error:  Uncaught Error"},
      {"memory-limit",
       {},
       "763",
       "Status: 500 Internal Server Error\r\n",
       "PHP message: PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to "
       "allocate 20480 bytes) in /srv/app/index.php on line 3"},
      {"script-unknown", {}, "763", "Status: 404 Not Found\r\n", "Primary script unknown"},
      {"access-denied",
       {},
       "763",
       "Status: 403 Forbidden\r\n",
       "Access to the script '/srv/app/index.php' has been denied (see security.limit_extensions)"},
  };
  for (const auto& [kind, parameters, types, status, err] : cases) {
    INFO(std::string(kind));
    FpmWorld world;
    world.fault("fpm", kind, parameters);
    world.start();
    Client& client = world.ask();
    world.run_until(1s);
    const auto records = records_of(client.got);
    CHECK(records.types == types);
    CHECK(records.out.starts_with(status));
    CHECK(records.err.starts_with(err));
    CHECK(client.end == "FIN");
  }
}

TEST_CASE("PHP-FPM: what becomes of a script by its settings") {
  struct Case {
    FpmSettings settings;
    std::string script;
    std::string out;
    std::string err;
    double when;
  };
  const Case cases[] = {
      {{.root = "/srv/app"}, kScript, kPhpHead, "", 0},
      {{.root = "/srv/app"}, "/var/www/index.php", "Status: 404", "Primary script unknown", 0},
      {{.root = "/srv/app"}, "proxy:fcgi://localhost/srv/app/index.php", kPhpHead, "", 0},
      {{.root = "/srv/app"}, "proxy:fcgi://localhost", "Status: 404", "Primary script unknown", 0},
      {{.root = "/srv/app"}, "/srv/app/a.txt", "Status: 403", "Access to the script", 0},
      {{.compute_time = 20s}, kScript, kPhpHead, "", 20},
      {{.max_execution_time = 1s, .compute_time = 20s},
       kScript,
       "Status: 500",
       "PHP message: PHP Fatal error:  Maximum execution time of 1 second exceeded in",
       1},
      {{.memory_limit = 1000, .script_memory = 1001},
       kScript,
       "Status: 500",
       "PHP message: PHP Fatal error:  Allowed memory size of 1000 bytes exhausted (tried to "
       "allocate 1001 bytes)",
       0},
  };
  for (const auto& [settings, script, out, err, when] : cases) {
    FpmWorld world;
    world.fpm() = settings;
    world.start();
    Client& client = world.ask(script);
    world.run_until(60s);
    CHECK(records_of(client.got).out.starts_with(out));
    CHECK(records_of(client.got).err.starts_with(err));
    CHECK(answers(world) == fmt::format("{} ", when));
  }
}
