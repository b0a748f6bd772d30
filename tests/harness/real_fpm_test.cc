// What a real PHP-FPM is told to do in place of the fake one. That it does it, ci/php-fpm shows.
#include "harness/real_fpm.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "harness/load.h"

using namespace badgate;
using namespace badgate::harness;

namespace {

constexpr const char* kScenario = R"(title = "A pool"
[proxy]
fastcgi_pass = "app"
[[upstream.app]]
fpm = {{ root = "/srv/app" {} }}
{}
[[request]]
path = "{}"
[expect]
status = 200
)";

net::Result<Scenario> real(const std::string& more_of_pool, const std::string& more,
                           const std::string& path = "/index.php") {
  auto loaded = load_text(fmt::format(kScenario, more_of_pool, more, path), "test.toml", "test");
  REQUIRE(loaded.ok());
  return with_real_fpm(std::move(loaded.scenarios.front()));
}

// Empty: there is no such file.
std::string file_of(const Scenario& scenario, const std::string& name) {
  const auto& files = scenario.backends.front().process.value().files;
  CHECK(std::ranges::count(files, name, [](const auto& file) { return file.first; }) <= 1);
  for (const auto& [file, text] : files) {
    if (file == name) return text;
  }
  return {};
}

}  // namespace

TEST_CASE("a script says as much before its error as it is told to") {
  struct Row {
    const char* fault;
    const char* line;
  };
  for (const auto& [fault, line] : {
           Row{R"(fault = { fpm = "fatal-error" })", "\nrender(); echo"},
           Row{R"(fault = { fpm = "fatal-error-after-output" })",
               "\necho str_repeat('x', 20); flush(); render();"},
           Row{R"(fault = { fpm = "fatal-error-after-output", at = "5k" })",
               "\necho str_repeat('x', 5120); flush(); render();"},
           Row{R"(fault = { fpm = "memory-limit" })", "\n$all = '';"},
           Row{R"(fault = { fpm = "memory-limit", at = "7" })",
               "\necho str_repeat('x', 7); flush(); $all = '';"},
           Row{R"(fault = { fpm = "child-killed", where = "body", at = "30" })",
               "\necho str_repeat('x', 30); flush(); posix_kill(getmypid(), 9);"},
       }) {
    CAPTURE(fault);
    const auto scenario = real("", fault);
    REQUIRE(scenario);
    CHECK(scenario->clock == ClockNeed::real);
    const auto script = file_of(*scenario, "index.php");
    CAPTURE(script);
    CHECK(script.find(line) != script.npos);
  }
}

TEST_CASE("the scripts that are asked for are there, and nothing else is overwritten") {
  CHECK_FALSE(file_of(real("", "", "/a.php?x=/b.php").value(), "a.php").empty());
  CHECK_FALSE(file_of(real("", "", "/page.phtml").value(), "page.phtml").empty());
  CHECK(file_of(real("", "", "/php.ini").value(), "php.ini").find("<?php") == std::string::npos);
  CHECK(file_of(real("", "", "/../up.php").value(), "../up.php").empty());
  const auto unknown = real("", R"(fault = { fpm = "script-unknown" })");
  CHECK(file_of(unknown.value(), "index.php").empty());
}

TEST_CASE("the pool's settings stand in its configuration, in whole seconds") {
  const auto scenario =
      real(R"(, pm = "ondemand", max_children = 7, request_terminate_timeout = "1500ms")",
           R"(transport = "unix")");
  const auto config = file_of(scenario.value(), "php-fpm.conf");
  CAPTURE(config);
  for (const char* line : {"\npm = ondemand\n", "\npm.max_children = 7\n", "\nlisten = {socket}\n",
                           "\nrequest_terminate_timeout = 2s\n"})
    CHECK(config.find(line) != config.npos);
}

TEST_CASE("what a real one cannot do is a skip") {
  const auto once = real("", R"(fault = { fpm = "fatal-error", times = 1 })");
  REQUIRE_FALSE(once);
  CHECK(once.error().code == ENOTSUP);
  CHECK(once.error().message == "a real PHP-FPM cannot be told \"fpm: fatal-error\"");
  const auto records = real("", R"(fault = { fastcgi = "version" })");
  REQUIRE_FALSE(records);
  CHECK(records.error().code == ENOTSUP);
}
