// What drivers say that they support is what they accept. Proxies that are somebody else's program
// are not started for that: what counts is whether a configuration is written.
#include "harness/drivers/supports.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "harness/drivers/kinds.h"
#include "harness/drivers/proxies_table.h"
#include "harness/drivers/registry.h"
#include "tests/harness/driver_fixture.h"

using namespace badgate;
using namespace badgate::harness;
using namespace badgate::tests;
using drivers::HealthSupport;
using drivers::RetrySupport;
using drivers::Supports;
using drivers::TimeSupport;
using drivers::TlsSupport;

namespace {

// One thing that scenarios may ask for, and who says that it can be had.
struct Wish {
  std::string scenario;
  bool (*granted)(const Supports& supports);
};

const std::vector<Wish> kWishes = {
    {"[[upstream.app]]\n", [](const Supports&) { return true; }},
    {"[proxy]\nproxy_pass = \"https://app\"\n[[upstream.app]]\ntls = {}\n",
     [](const Supports& s) { return s.tls != TlsSupport::none; }},
    {"[proxy]\nlisten = \"8443 ssl\"\nssl_certificate = \"server.pem\"\n"
     "ssl_certificate_key = \"server.key\"\n[[upstream.app]]\n",
     [](const Supports& s) { return s.tls == TlsSupport::both; }},
    {"[proxy]\nfastcgi_pass = \"app\"\ninclude = \"fastcgi_params\"\n"
     "fastcgi_param = \"SCRIPT_FILENAME /srv/app$fastcgi_script_name\"\n"
     "[[upstream.app]]\nprotocol = \"fastcgi\"\n",
     [](const Supports& s) { return s.fastcgi; }},
    {"[proxy]\nproxy_next_upstream = \"off\"\n[[upstream.app]]\n[[upstream.app]]\n",
     [](const Supports& s) { return s.retries != RetrySupport::own; }},
    {"[proxy]\nproxy_next_upstream = \"error http_503\"\n[[upstream.app]]\n[[upstream.app]]\n",
     [](const Supports& s) { return s.retries == RetrySupport::as_set; }},
    {"[[upstream.app]]\nmax_fails = 0\n[[upstream.app]]\n",
     [](const Supports& s) { return s.health != HealthSupport::own; }},
    {"[[upstream.app]]\nfail_timeout = \"30s\"\n[[upstream.app]]\n",
     [](const Supports& s) { return s.health != HealthSupport::own; }},
    {"[[upstream.app]]\nmax_fails = 3\nfail_timeout = \"20s\"\n[[upstream.app]]\n",
     [](const Supports& s) { return s.health >= HealthSupport::passive; }},
    {"[[upstream.app]]\n[[upstream.app]]\n[group.app]\nhealth_check = \"interval=1s fails=1 "
     "passes=2 uri=/health\"\n",
     [](const Supports& s) { return s.health == HealthSupport::active; }},
};

const std::string kRequest = "[[request]]\n";
const std::string kReload =
    "[proxy]\nproxy_read_timeout = \"10s\"\n[[upstream.app]]\n"
    "[[event]]\nat = \"10ms\"\nset = { proxy_read_timeout = \"5s\" }\n"
    "[[request]]\nat = \"100ms\"\n";

std::map<std::string, drivers::Kind> kinds() {
  std::map<std::string, drivers::Kind> out;
  for (auto kind : {drivers::apache_kind(), drivers::caddy_kind(), drivers::haproxy_kind(),
                    drivers::lighttpd_kind(), drivers::squid_kind(), drivers::trafficserver_kind(),
                    drivers::varnish_kind()})
    out.emplace(kind.name, std::move(kind));
  return out;
}

// Whether a configuration is written; another Error than that the proxy has nothing like it is none
// of the driver's business here.
bool accepts(const drivers::Kind& kind, const std::string& text) {
  drivers::Setup setup = setup_of(text);
  const bool ssl = text.find("8443 ssl") != text.npos;
  setup.settings.listen = {proxy::Listen(net::Address::loopback(8080), ssl)};
  const auto launching = kind.render(setup, place());
  if (!launching) {
    CAPTURE(launching.error().message);
    // Of those that need a second program to read their log.
    const bool absent = launching.error().message.ends_with(" is not installed");
    CHECK((launching.error().code == ENOTSUP || absent));
    return absent;
  }
  return true;
}

bool plays(const drivers::Driver& driver, const std::string& text) {
  const Outcome outcome = run(scenario_of(text), {.proxy = &driver});
  CAPTURE(outcome.skipped);
  CHECK(outcome.broken == "");
  return outcome.skipped.empty();
}

}  // namespace

TEST_CASE("a driver that writes a configuration accepts what it says it supports, and no more") {
  const auto all = kinds();
  for (const auto& [name, kind] : all) {
    CAPTURE(name);
    for (const Wish& wish : kWishes) {
      CAPTURE(wish.scenario);
      CHECK(accepts(kind, wish.scenario + kRequest) == wish.granted(kind.supports));
    }
    CHECK(kind.supports.reload == (kind.reload_signal != 0));
  }
  for (const auto& entry : drivers::registry()) {
    CAPTURE(entry.name);
    CHECK((all.contains(std::string(entry.name)) || entry.name == "builtin" ||
           entry.name == "nginx"));
  }
}

TEST_CASE("badgate's own proxy and nginx play what their drivers say that they support") {
  for (const auto& entry : drivers::registry()) {
    if (entry.name != "builtin" && entry.name != "nginx") continue;
    const auto driver = entry.find({});
    if (!driver) {
      fmt::print("skipped: {}\n", driver.error().message);
      continue;
    }
    CAPTURE(entry.name);
    for (const Wish& wish : kWishes) {
      CAPTURE(wish.scenario);
      CHECK(plays(**driver, wish.scenario + kRequest) == wish.granted(entry.supports()));
    }
    CHECK(plays(**driver, kReload) == entry.supports().reload);
  }
}

TEST_CASE("proxies live on the virtual clock if and only if that is said") {
  for (const auto& entry : drivers::registry()) {
    const auto driver = entry.find({});
    if (!driver) continue;
    CAPTURE(entry.name);
    CHECK((*driver)->can_live_virtually().has_value() ==
          (entry.supports().time == TimeSupport::simulated));
  }
}

TEST_CASE("HAProxy lives on the virtual clock, and its own times are of that clock") {
  const auto driver = drivers::find_driver("haproxy");
  if (!driver) {
    fmt::print("skipped: {}\n", driver.error().message);
    return;
  }
  const Outcome waited =
      run(scenario_of("[proxy]\nproxy_read_timeout = \"30m\"\nproxy_send_timeout = \"30m\"\n"
                      "[[upstream.app]]\nfault = { slow = \"header\", delay = \"1h\" }\n" +
                      kRequest),
          {.proxy = driver->get()});
  CHECK(waited.broken == "");
  CHECK_FALSE(waited.real_clock);
  REQUIRE(waited.access.size() == 1);
  CHECK(waited.access[0].code == "sH--");
  const auto late = waited.access[0].request_time - std::chrono::minutes(30);
  CHECK(late >= std::chrono::seconds(0));
  CHECK(late <= std::chrono::milliseconds(1));  // its own rounding
  // A new configuration comes to a master process, which is not lent any time.
  const Outcome reloaded = run(scenario_of(kReload), {.proxy = driver->get()});
  CHECK(reloaded.broken == "");
  CHECK(reloaded.real_clock);
}

TEST_CASE("a render divides times if and only if that is said") {
  for (const auto& [name, kind] : kinds()) {
    CAPTURE(name);
    drivers::Setup setup = setup_of("[[upstream.app]]");
    const auto files = [&](double scale) {
      setup.time_scale = scale;
      const auto launching = kind.render(setup, place(scale));
      return launching ? launching->files : decltype(launching->files)();
    };
    const auto slow = files(1);
    if (slow.empty()) continue;  // its second program is not installed
    CHECK((slow != files(20)) == (kind.supports.time == TimeSupport::divided));
  }
}

TEST_CASE("the table of proxies") {
  const auto table = drivers::proxies_table(
      {{.name = "builtin",
        .version = "0.1.0",
        .supports = {.tls = TlsSupport::both,
                     .fastcgi = true,
                     .retries = RetrySupport::as_set,
                     .health = HealthSupport::active,
                     .reload = true,
                     .time = TimeSupport::simulated}},
       {.name = "trafficserver",
        .version = "",
        .supports = {},
        .missing = "traffic_server is not installed (Debian: apt-get install trafficserver)"}});
  CHECK(table.starts_with(
      "proxy          version  TLS   FastCGI  retries  health  reload  time\n"
      "builtin        0.1.0    both  yes      as set   active  yes     virtual\n"
      "trafficserver  absent   -     -        own      -       -       libfaketime\n"
      "\n"));
  CHECK(table.ends_with(
      "\n\ntraffic_server is not installed (Debian: apt-get install trafficserver)\n"));
}

TEST_CASE("the table of all proxies fits a terminal of 80 columns") {
  std::vector<drivers::ListedProxy> all;
  for (const auto& entry : drivers::registry())
    all.push_back(
        {.name = std::string(entry.name), .version = "12.3.45", .supports = entry.supports()});
  const std::string table = drivers::proxies_table(all);
  std::size_t longest = 0;
  for (std::size_t at = 0; at < table.size();) {
    const auto end = table.find('\n', at);
    longest = std::max(longest, end - at);
    at = end + 1;
  }
  CHECK(longest <= 80);
}
