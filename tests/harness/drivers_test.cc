// The proxies that can be put under test. Where there is no nginx, what needs one is left out, and
// that is said.
#include <doctest/doctest.h>
#include <fmt/core.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "harness/drivers/nginx_config.h"
#include "harness/drivers/registry.h"
#include "harness/judge.h"
#include "harness/other_version.h"
#include "harness/processes/program.h"
#include "harness/run.h"
#include "harness/temp_folder.h"
#include "tests/harness/driver_fixture.h"

using namespace badgate;
using namespace badgate::harness;
using badgate::tests::scenario_of;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<drivers::Driver> nginx() {
  auto driver = drivers::find_driver("nginx");
  if (driver) return std::move(*driver);
  fmt::print("skipped: {}\n", driver.error().message);
  return nullptr;
}

Verdict verdict_on(const drivers::Driver& driver, const Scenario& scenario,
                   RunOptions options = {}) {
  options.proxy = &driver;
  Outcome outcome = run(scenario, options);
  return judge(scenario, std::move(outcome), Tolerance::real_clock());
}

std::string mismatches(const Verdict& verdict) {
  std::string out = verdict.reason;
  for (const auto& m : verdict.mismatches)
    out += fmt::format("{}: expected {}, got {}\n", m.what, m.expected, m.actual);
  return out;
}

// A folder of its own for all that is temporary, so that what is left behind shows.
class OwnTemp {
 public:
  OwnTemp() : folder_(std::move(TempFolder::make().value())) {
    ::setenv("TMPDIR", folder_.path().c_str(), 1);
  }
  ~OwnTemp() { ::unsetenv("TMPDIR"); }
  OwnTemp(const OwnTemp&) = delete;
  OwnTemp& operator=(const OwnTemp&) = delete;
  bool empty() const { return std::filesystem::is_empty(folder_.path()); }

 private:
  TempFolder folder_;
};

bool has_children() {
  return ::waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD;
}

const std::string kLate = R"(
[proxy]
proxy_read_timeout = "1s"
[[upstream.app]]
fault = { slow = "header", delay = "3s" }
[[request]]
path = "/report"
[expect]
status = 504
completeness = "whole"
elapsed = "1s"
connection_end = "kept"
attempts = [{ server = "app[0]", status = 504, connect_time = "0s", header_time = "-", response_time = "1s" }]
error_log = "upstream timed out (110: Connection timed out) while reading response header from upstream, client: 127.0.0.1, server: , request: \"GET /report HTTP/1.1\", upstream: \"http://{app[0]}/report\", host: \"localhost\""
[expect.backend."app[0]"]
connections = 1
requests = 1
)";

}  // namespace

TEST_CASE("a driver is found by its name") {
  const auto builtin = drivers::find_driver("builtin");
  REQUIRE(builtin);
  CHECK((*builtin)->name() == "builtin");
  CHECK((*builtin)->in_process());
  const auto unknown = drivers::find_driver("pound");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().message.starts_with(
      "there is no driver for a proxy \"pound\"; there are builtin, nginx, haproxy, "));
  const auto absent = drivers::find_driver("nginx", "/nowhere/nginx");
  REQUIRE_FALSE(absent);
  CHECK(absent.error().message == "/nowhere/nginx is not a program");
  const auto other = drivers::find_driver("nginx", "/bin/sh");
  REQUIRE_FALSE(other);
  CHECK(other.error().message == "/bin/sh does not say nginx's version");
}

TEST_CASE("a scenario's settings as nginx's configuration") {
  const Scenario scenario = scenario_of(R"(
[proxy]
proxy_read_timeout = "5s"
proxy_http_version = "1.1"
server_name = "shop"
nginx_version = "1.22.1"
proxy_set_header = ["X-Real-IP $remote_addr", "X-Text 'a;b'"]
[proxy.location."/api/"]
proxy_pass = "http://api/v1/"
proxy_buffering = "off"
[proxy.location."/secure/"]
proxy_pass = "https://app"
[proxy.location."/name/"]
proxy_pass = "https://app.internal:8443/"
[proxy.server."other.example"]
proxy_read_timeout = "7s"
[[upstream.app]]
weight = 2
max_fails = 0
[[upstream.api]]
[group.app]
keepalive = 4
keepalive_timeout = "1500ms"
[dns.ns]
records = { "app.internal" = "127.0.0.2" }
[[request]]
)");
  drivers::Setup setup;
  setup.settings = scenario.proxy;
  for (auto& upstream : setup.settings.upstreams)
    upstream.servers.front().address = net::Address::loopback(9000);
  setup.settings.listen = {net::Address::loopback()};
  setup.directives = scenario.directives;
  const auto config = drivers::nginx_config(setup, {.folder = "/folder",
                                                    .listen = net::Address::loopback(8080),
                                                    .access_log = "/log",
                                                    .user = "root root",
                                                    .temp_paths = {"proxy"}});
  const std::string::size_type http = config.find("upstream app {");
  REQUIRE(http != std::string::npos);
  CHECK(config.find("user root root;\n") != std::string::npos);
  CHECK(config.find("proxy_temp_path /folder/proxy_temp 1 2;\n") != std::string::npos);
  CHECK(config.find("nginx_version") == std::string::npos);
  CHECK(config.substr(http) == R"(upstream app {
server 127.0.0.1:9000 weight=2 max_fails=0;
keepalive 4;
keepalive_requests 1000;
keepalive_time 60m;
keepalive_timeout 1500ms;
}
upstream api {
server 127.0.0.1:9000;
}
upstream app.internal {
server 127.0.0.2:8443;
}
proxy_read_timeout 5s;
proxy_http_version 1.1;
proxy_set_header X-Real-IP $remote_addr;
proxy_set_header X-Text 'a;b';
server {
listen 127.0.0.1:8080;
server_name shop;
location /api/ {
proxy_buffering off;
proxy_pass http://api/v1/;
}
location /secure/ {
proxy_set_header Connection "";
proxy_set_header X-Real-IP $remote_addr;
proxy_set_header X-Text 'a;b';
proxy_pass https://app;
}
location /name/ {
proxy_pass https://app.internal/;
}
location / {
proxy_set_header Connection "";
proxy_set_header X-Real-IP $remote_addr;
proxy_set_header X-Text 'a;b';
proxy_pass http://app;
}
}
server {
listen 127.0.0.1:8080;
server_name other.example;
proxy_read_timeout 7s;
location / {
proxy_set_header Connection "";
proxy_set_header X-Real-IP $remote_addr;
proxy_set_header X-Text 'a;b';
proxy_pass http://app;
}
}
}
)");
}

TEST_CASE("what is one argument to nginx, whatever is in it, is quoted") {
  const Scenario scenario = scenario_of(R"(
[proxy]
fastcgi_pass = "app"
fastcgi_catch_stderr = ["PHP Fatal error", 'said "no"']
[[upstream.app]]
protocol = "fastcgi"
[[request]]
)");
  drivers::Setup setup;
  setup.settings = scenario.proxy;
  setup.settings.upstreams.front().servers.front().address = net::Address::loopback(9000);
  setup.settings.listen = {net::Address::loopback()};
  setup.directives = scenario.directives;
  const auto config = drivers::nginx_config(setup, {.folder = "/folder",
                                                    .listen = net::Address::loopback(8080),
                                                    .access_log = "/log",
                                                    .user = {},
                                                    .temp_paths = {}});
  CHECK(config.find(R"(fastcgi_catch_stderr "PHP Fatal error";
fastcgi_catch_stderr "said \"no\"";
)") != config.npos);
}

TEST_CASE("a real nginx tells the story that badgate's proxy tells") {
  const auto driver = nginx();
  if (!driver) return;
  CHECK_FALSE(driver->in_process());
  const OwnTemp temp;
  const Scenario scenario = scenario_of(kLate);
  for (const auto clock : {ClockChoice::as_needed, ClockChoice::real_clock}) {
    const Verdict verdict = verdict_on(*driver, scenario, {.clock = clock});
    CAPTURE(mismatches(verdict));
    CHECK(verdict.state == Verdict::State::passed);
    CHECK(verdict.outcome.real_clock == (clock == ClockChoice::real_clock));
  }
  CHECK(judge(scenario, run(scenario, {}), Tolerance::virtual_clock()).state ==
        Verdict::State::passed);
  CHECK_FALSE(has_children());
  CHECK(temp.empty());
}

TEST_CASE("nginx can be made to live faster") {
  const auto driver = nginx();
  if (!driver) return;
  if (const auto able = driver->can_scale_time(); !able) {
    fmt::print("skipped: {}\n", able.error().message);
    return;
  }
  const auto start = std::chrono::steady_clock::now();
  const Verdict verdict = verdict_on(*driver, scenario_of(R"(
[[upstream.app]]
fault = { slow = "header", delay = "75s" }
[[request]]
[expect]
status = 504
elapsed = "59s..75s"
)"),
                                     {.clock = ClockChoice::real_clock, .time_scale = 20});
  CAPTURE(mismatches(verdict));
  CHECK(verdict.state == Verdict::State::passed);
  CHECK(std::chrono::steady_clock::now() - start < 30s);
}

TEST_CASE("new settings while nginx runs") {
  const auto driver = nginx();
  if (!driver) return;
  const Verdict verdict = verdict_on(*driver, scenario_of(R"(
[proxy]
proxy_read_timeout = "10s"
[[upstream.app]]
fault = { slow = "header", delay = "2s" }
[[event]]
at = "100ms"
set = { proxy_read_timeout = "1s" }
[[request]]
expect = { status = 200 }
[[request]]
at = "1s"
expect = { status = 504, elapsed = "1s" }
)"));
  CAPTURE(mismatches(verdict));
  CHECK(verdict.state == Verdict::State::passed);
}

TEST_CASE("what nginx's version does not know is a skip, in nginx's words") {
  const auto driver = nginx();
  if (!driver) return;
  drivers::Setup setup;
  setup.settings.listen = {net::Address::loopback()};
  setup.settings.proxy_pass = "http://127.0.0.1:1";
  const auto clock = net::make_real_clock();
  net::Loop loop(*clock);
  Recorder recorder(loop);
  setup.directives.directives = {{"proxy_no_such_thing", "on"}};
  const auto unknown = driver->start(loop, setup, recorder);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ENOTSUP);
  CHECK(unknown.error().message == "unknown directive \"proxy_no_such_thing\"");
  setup.directives.directives = {{"proxy_read_timeout", "1s 2s"}};
  const auto wrong = driver->start(loop, setup, recorder);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == 0);
  CHECK(wrong.error().message.find("invalid number of arguments in \"proxy_read_timeout\"") !=
        std::string::npos);
  CHECK_FALSE(has_children());
}

TEST_CASE("a file that tells of another version of nginx") {
  // Two equal lengths: refused since 1.23.0 (ngx_http_upstream_process_content_length).
  const Scenario scenario = scenario_of(R"(
[[upstream.app]]
fault = { garbage = "length-duplicate" }
[[request]]
[expect]
status = 502
)");
  CHECK(tells_of_another_version(scenario, "1.22.1", 1) ==
        "it tells of nginx 1.28.0; this is 1.22.1");
  CHECK(tells_of_another_version(scenario, "1.28.0", 1).empty());
  CHECK(tells_of_another_version(scenario, "1.28.3", 1).empty());
  Scenario wrong = scenario;
  wrong.requests.front().expect.status = 200;
  CHECK(tells_of_another_version(wrong, "1.22.1", 1).empty());
}

TEST_CASE("a program ends with its owner, and hands on only what it is told to") {
  auto pipe = processes::make_pipe();
  REQUIRE(pipe);
  auto program = processes::Program::start(
      {.path = "/bin/sh",
       .arguments = {"-c", "echo $NAME >&3; trap '' TERM; sleep 100 & wait; sleep 100"},
       .environment = {"NAME=value"},
       .descriptors = {pipe->write.get()}});
  REQUIRE(program);
  REQUIRE(processes::wait_readable(pipe->read.get(), 10s));
  char text[16];
  CHECK(::read(pipe->read.get(), text, sizeof text) == 6);
  program->reset();  // the shell does not listen to SIGTERM
  CHECK_FALSE(has_children());
  pipe->write.close();
  // What was killed beside the shell may still be on its way out.
  REQUIRE(processes::wait_readable(pipe->read.get(), 10s));
  CHECK(::read(pipe->read.get(), text, sizeof text) == 0);  // nobody is left who could write
}
