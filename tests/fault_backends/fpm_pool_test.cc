#include "fault_backends/fpm_pool.h"

#include <fmt/core.h>

#include <csignal>

#include "fault_backends/body_pattern.h"
#include "tests/fault_backends/fpm_kit.h"

using namespace badgate;
using namespace badgate::fault_backends;
using namespace badgate::fault_backends::test;
using Manager = FpmSettings::Manager;

namespace {

std::string line_of(const std::string& page, std::string_view name) {
  const auto at = page.find(name);
  return at == std::string::npos ? "" : page.substr(at, page.find('\n', at) - at);
}

}  // namespace

TEST_CASE("PHP-FPM: a healthy script, as PHP answers") {
  FpmWorld world;
  world.start();
  Client& client = world.ask();
  world.run_until(1s);
  const auto records = records_of(client.got);
  CHECK(records.types == "63");
  CHECK(records.out == kPhpHead + std::string(pattern(100)));
  CHECK(client.end == "FIN");
  CHECK(world.log() == std::vector<std::string>{"NOTICE: fpm is running, pid 1000",
                                                "NOTICE: ready to handle connections"});
  CHECK(world.told("logs NOTICE: ready to handle connections"));
  CHECK(world.told("sends response 1: HTTP/1.1 200 OK, 100 body bytes"));
}

TEST_CASE("PHP-FPM static: connections beyond the children wait, and are not accepted") {
  for (const bool is_unix : {false, true}) {
    CAPTURE(is_unix);
    FpmWorld world(is_unix);
    world.fpm().max_children = 2;
    world.settings.answer.service_time = 10s;
    world.start();
    for (int i = 0; i < 5; ++i)
      world.ask();
    world.run_until(5s);
    CHECK(world.counts().connections == 2);
    world.run_until(60s);
    CHECK(answers(world) == "10 10 20 20 30 ");
    CHECK(world.logged("max_children") == 0);  // a static pool never says so
  }
}

TEST_CASE("PHP-FPM: a kept connection keeps its child") {
  FpmWorld world;
  world.fpm().max_children = 1;
  world.start();
  Client& kept = world.client(fastcgi_request("/a.php", net::fastcgi::keep_conn));
  Client& waiting = world.ask();
  world.run_until(5s);
  CHECK(records_of(kept.got).types == "63");
  CHECK(waiting.got.empty());
  kept.close();
  world.run_until(6s);
  CHECK(records_of(waiting.got).types == "63");
}

TEST_CASE("PHP-FPM: a unix socket whose queue is full refuses at once") {
  FpmWorld world(true);
  world.fpm().max_children = 1;
  world.settings.backlog = 1;
  world.settings.answer.service_time = 10s;
  world.start();
  world.ask();
  world.run_until(1s);
  for (int i = 0; i < 3; ++i)
    world.ask();
  CHECK(world.clients[2]->connected);
  CHECK(world.clients[3]->connect_error == EAGAIN);
}

TEST_CASE("PHP-FPM dynamic: grows with the load, one second at a time, and says when it is full") {
  FpmWorld world;
  world.fpm() = {.manager = Manager::dynamic,
                 .max_children = 3,
                 .start_servers = 1,
                 .min_spare_servers = 1,
                 .max_spare_servers = 2};
  world.settings.answer.service_time = 3s;
  world.start();
  for (int i = 0; i < 6; ++i)
    world.ask();
  world.run_until(2500ms);
  CHECK(world.counts().connections == 3);
  CHECK(world.logged("max_children") == 0);
  world.run_until(3100ms);
  CHECK(world.logged("WARNING: [pool www] server reached pm.max_children setting (3), consider "
                     "raising it") == 1);
  world.run_until(30s);
  CHECK(answers(world) == "3 4 5 6 7 8 ");
  CHECK(world.logged("max_children") == 1);
}

TEST_CASE("PHP-FPM dynamic: a burst makes it say that it is busy") {
  FpmWorld world;
  world.fpm() = {.manager = Manager::dynamic,
                 .max_children = 60,
                 .start_servers = 20,
                 .min_spare_servers = 20,
                 .max_spare_servers = 30};
  world.settings.answer.service_time = 30s;
  world.start();
  for (int i = 0; i < 60; ++i)
    world.ask();
  world.run_until(20s);
  CHECK(world.logged("seems busy (you may need to increase pm.start_servers, or "
                     "pm.min/max_spare_servers), spawning 8 children, there are 0 idle, and 27 "
                     "total children") == 1);
}

TEST_CASE("PHP-FPM ondemand: children come with connections and go when they are idle") {
  FpmWorld world;
  world.fpm() = {.manager = Manager::ondemand, .max_children = 2, .process_idle_timeout = 2s};
  world.fpm().status_path = "/status";
  world.settings.answer.service_time = 1s;
  world.start();
  for (int i = 0; i < 3; ++i)
    world.ask();
  world.run_until(500ms);
  CHECK(world.counts().connections == 2);
  CHECK(world.logged("server reached max_children setting (2), consider raising it") == 1);
  world.run_until(20s);
  CHECK(answers(world) == "1 1 2 ");
  Client& status = world.ask("", "/status");
  world.run_until(22s);
  const auto page = body_of(records_of(status.got).out);
  CHECK(line_of(page, "total processes") == "total processes:      1");
  CHECK(line_of(page, "max children reached") == "max children reached: 1");
}

TEST_CASE("PHP-FPM: the status page") {
  FpmWorld world;
  world.fpm().status_path = "/status";
  world.start();
  world.ask();
  world.run_until(5s);
  Client& text = world.ask("", "/status");
  world.run_until(5500ms);
  Client& json = world.client(fastcgi_request("/status?json", 0, {}, {{"SCRIPT_NAME", "/status"}}));
  world.run_until(6s);
  const auto page = records_of(text.got).out;
  CHECK(page.find("Content-type: text/plain;charset=UTF-8\r\n") != std::string::npos);
  CHECK(
      body_of(page).starts_with("pool:                 www\n"
                                "process manager:      static\n"
                                "start time:           "));
  CHECK(line_of(page, "start since") == "start since:          5");
  CHECK(line_of(page, "accepted conn") == "accepted conn:        2");
  CHECK(line_of(page, "listen queue len") == "listen queue len:     511");
  CHECK(line_of(page, "active processes") == "active processes:     1");
  CHECK(body_of(records_of(json.got).out)
            .starts_with(R"({"pool":"www","process manager":"static","start time":)"));
}

TEST_CASE("PHP-FPM: request_terminate_timeout and the slow log, at the master's heartbeat") {
  FpmWorld world;
  world.fpm().max_children = 1;
  world.fpm().request_terminate_timeout = 3s;
  world.fpm().request_slowlog_timeout = 2s;
  world.settings.answer.service_time = 10s;
  world.start();
  world.run_until(500ms);
  Client& client = world.ask();
  world.run_until(9s);
  CHECK(client.end == "RST");
  CHECK(client.ended >= 3500ms);
  CHECK(client.ended <= 4167ms);
  const auto words = ", script '/srv/app/index.php' (request: \"GET /index.php\") ";
  CHECK(world.logged(
            fmt::format("WARNING: [pool www] child 1001{}executing too slow (2.", words)) == 1);
  CHECK(world.logged(
            fmt::format("WARNING: [pool www] child 1001{}execution timed out (3.", words)) == 1);
  CHECK(world.logged(" sec), terminating") == 1);
  CHECK(world.logged("child 1001 exited on signal 15 (SIGTERM) after ") == 1);
  CHECK(world.logged("child 1002 started") == 1);
}

TEST_CASE("PHP-FPM: pm.max_requests ends a child") {
  FpmWorld world;
  world.fpm().max_children = 1;
  world.fpm().max_requests = 2;
  world.start();
  for (int i = 0; i < 5; ++i)
    world.ask();
  world.run_until(1s);
  CHECK(answers(world) == "0 0 0 0 0 ");
  CHECK(world.logged("NOTICE: [pool www] child 1001 exited with code 0 after 0.000000 seconds") ==
        1);
  CHECK(world.logged("NOTICE: [pool www] child 1003 started") == 1);
  CHECK(world.logged("started") == 2);
}

TEST_CASE("PHP-FPM: a reload cuts what is worked on, or lets it end") {
  for (const bool graceful : {false, true}) {
    CAPTURE(graceful);
    FpmWorld world;
    world.fpm().max_children = 2;
    world.fpm().process_control_timeout = graceful ? net::Duration(10s) : net::Duration{};
    world.settings.answer.service_time = 3s;
    world.start();
    world.ask();
    world.run_until(1s);
    world.backend->signal(SIGUSR2, false);
    world.ask();
    world.run_until(20s);
    const std::string expected = graceful ? "3 6 " : "- 4 ";
    CHECK(answers(world) == expected);
    CHECK(world.clients[0]->end == (graceful ? "FIN" : "RST"));
    CHECK(world.logged("NOTICE: Reloading in progress ...") == 1);
    CHECK(world.logged("NOTICE: ready to handle connections") == 2);
    CHECK(world.logged("exited") == 0);
  }
}

TEST_CASE("PHP-FPM: a graceful reload does not wait for a child that is killed") {
  FpmWorld world;
  world.fpm().max_children = 1;
  world.fpm().process_control_timeout = 10s;
  world.settings.answer.service_time = 3s;
  world.start();
  world.ask();
  world.run_until(1s);
  world.backend->signal(SIGUSR2, false);
  world.run_until(2s);
  world.backend->signal(SIGKILL, true);
  world.ask();
  world.run_until(20s);
  CHECK(answers(world) == "- 5 ");
}

TEST_CASE("PHP-FPM: too many crashes make the master reload") {
  FpmWorld world;
  world.fpm().emergency_restart_threshold = 2;
  world.fpm().emergency_restart_interval = 10s;
  world.fault("fpm", "child-crashes", {{"times", "2"}});
  world.start();
  world.ask();
  world.run_until(5s);
  world.ask();
  world.run_until(6s);
  Client& client = world.ask();
  world.run_until(7s);
  CHECK(world.logged("WARNING: failed processes threshold (2 in 10 sec) is reached, initiating "
                     "reload") == 1);
  CHECK(world.logged("ready to handle connections") == 2);
  CHECK(records_of(client.got).types == "63");
}

TEST_CASE("PHP-FPM: gone with its children, and back") {
  FpmWorld world(true);
  world.settings.answer.service_time = 10s;
  world.start();
  world.ask();
  world.run_until(1s);
  world.backend->crash();
  world.run_until(2s);
  CHECK(world.clients[0]->end == "RST");
  Client& refused = world.ask();
  CHECK(refused.connect_error == ECONNREFUSED);  // the socket's file is stale
  world.backend->restart();
  Client& back = world.ask();
  world.run_until(20s);
  CHECK(records_of(back.got).types == "63");
  CHECK(world.logged("fpm is running, pid ") == 2);
}

TEST_CASE("PHP-FPM: signals to the master and to a child") {
  FpmWorld world(true);
  world.fpm().max_children = 1;
  world.settings.answer.service_time = 10s;
  world.start();
  world.ask();
  world.run_until(1s);
  world.backend->signal(SIGKILL, true);
  CHECK(world.logged("child 1001 exited on signal 9 (SIGKILL) after 1.000000 seconds") == 1);
  world.ask();
  world.run_until(20s);
  CHECK(answers(world) == "- 11 ");
  world.backend->signal(SIGTERM, false);
  CHECK(world.log().back() == "NOTICE: exiting, bye-bye!");
  CHECK(world.logged("NOTICE: Terminating ...") == 1);
  CHECK(world.ask().connect_error == ENOENT);
  world.backend->restart();
  world.backend->signal(SIGKILL, false);
  world.ask();
  world.run_until(40s);
  CHECK(answers(world) == "- 11 - 30 ");  // the child is still there
  world.backend->signal(SIGKILL, true);
  world.run_until(41s);
  CHECK(world.ask().connect_error == ECONNREFUSED);  // and with it the socket is gone
  CHECK(takes_signal(SIGUSR2, false));
  CHECK_FALSE(takes_signal(SIGUSR2, true));
}

TEST_CASE("PHP-FPM: values that php-fpm refuses") {
  CHECK(why_impossible({}).empty());
  CHECK(why_impossible({.manager = Manager::dynamic}).empty());
  CHECK(why_impossible({.manager = Manager::dynamic, .max_children = 2}) ==
        "pm.min_spare_servers(1) and pm.max_spare_servers(3) cannot be greater than "
        "pm.max_children(2)");
  CHECK(why_impossible({.manager = Manager::dynamic, .start_servers = 4}) ==
        "pm.start_servers(4) must not be less than pm.min_spare_servers(1) and not greater than "
        "pm.max_spare_servers(3)");
  World http;
  http.fault("fpm", "fatal-error");
  const auto started = http.try_start();
  REQUIRE_FALSE(started.has_value());
  CHECK(started.error().message == "fpm: fatal-error needs fpm = { … }");
}
