#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "harness/change/comparison.h"
#include "harness/change/report.h"
#include "harness/load.h"

using namespace badgate;
using namespace badgate::harness;
using namespace badgate::harness::change;
using namespace std::chrono_literals;

namespace {

Answer answer(int status, net::Duration elapsed, Completeness completeness = Completeness::whole) {
  return {.status = status, .completeness = completeness, .elapsed = elapsed, .tries = 1};
}

Scenario scenario_of(const std::string& text) {
  auto loaded = load_text("title = \"A test\"\n" + text, "test.toml", "test");
  for (const Diagnostic& d : loaded.diagnostics)
    FAIL_CHECK(harness::to_text(d));
  REQUIRE(loaded.ok());
  return std::move(loaded.scenarios.front());
}

std::vector<Setting> settings(std::initializer_list<const char*> texts) {
  std::vector<Setting> out;
  for (const char* text : texts) {
    auto setting = parse_setting(text);
    REQUIRE_MESSAGE(setting, text);
    add_setting(out, std::move(*setting));
  }
  return out;
}

ScenarioDifference difference(const Scenario& scenario, const std::vector<Setting>& after) {
  return difference_of(scenario, play_under(scenario, {}, 1, -1),
                       play_under(scenario, after, 1, -1));
}

constexpr auto kTwoServers = R"(
[[upstream.app]]
[[upstream.app]]
[[request]]
method = "POST"
)";

}  // namespace

TEST_CASE("each harm is worse than the one before it, however long that took") {
  Answer left = answer(0, 1s, Completeness::empty);
  left.left = true;
  const std::array order{
      answer(200, 0s),
      answer(302, 1h),
      answer(404, 0s),
      answer(504, 1h),
      answer(0, 0s, Completeness::empty),
      left,
      answer(200, 0s, Completeness::cut),
      answer(9, 1h, Completeness::raw),
  };
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (std::size_t j = i + 1; j < order.size(); ++j) {
      CAPTURE(i);
      CAPTURE(j);
      CHECK(judge(order[i], order[j], {}) == Judgement::worse);
      CHECK(judge(order[j], order[i], {}) == Judgement::better);
    }
  }
}

TEST_CASE("of the same harm the longer wait is worse, if anybody could notice") {
  const auto later = [](net::Duration before, net::Duration after, net::Duration noise = {}) {
    return judge(answer(504, before), answer(504, after), noise);
  };
  CHECK(later(0s, 99ms) == Judgement::unchanged);
  CHECK(later(0s, 100ms) == Judgement::worse);
  CHECK(later(60s, 65s) == Judgement::unchanged);
  CHECK(later(60s, 67s) == Judgement::worse);
  CHECK(later(67s, 60s) == Judgement::better);
  CHECK(later(0s, 1s, 2s) == Judgement::unchanged);
}

TEST_CASE("what differs in another way is neither better nor worse") {
  const auto is_other = [](const Answer& after) {
    return judge(answer(502, 0s), after, {}) == Judgement::other;
  };
  CHECK(is_other(answer(504, 0s)));
  CHECK(is_other(answer(502, 0s, Completeness::cut)));
  Answer tried = answer(502, 0s);
  tried.tries = 2;
  CHECK(is_other(tried));
  Answer with_body = answer(502, 0s);
  with_body.body = "an error page's body is the proxy's affair";
  CHECK_FALSE(is_other(with_body));
  with_body.status = 200;
  CHECK(judge(answer(200, 0s), with_body, {}) == Judgement::other);
}

TEST_CASE("a tunnel is better the longer it lasts, and best if its client ends it") {
  Answer short_one = answer(101, 6s);
  short_one.tunnel = true;
  Answer longer = short_one;
  longer.elapsed = 10s;
  Answer own_end = short_one;
  own_end.left = true;
  CHECK(judge(short_one, longer, {}) == Judgement::better);
  CHECK(judge(longer, own_end, {}) == Judgement::better);
  CHECK(judge(own_end, short_one, {}) == Judgement::worse);
}

TEST_CASE("a name is known if it can be laid over scenarios, and then no other is looked for") {
  for (const char* name :
       {"proxy_read_timeout", "group.keepalive", "server.max_fails", "group.servers", "nonsense",
        "proxy_pass", "group.server", "keepalive", "server.proxy_read_timeout", ""}) {
    CAPTURE(name);
    CHECK(is_known(name) == check_name(name).has_value());
  }
  CHECK(is_known("group.servers"));
  CHECK_FALSE(is_known("proxy_pass"));
}

TEST_CASE("settings are read, and what is wrong with them is said") {
  const auto keepalive = parse_setting("group.keepalive=32");
  REQUIRE(keepalive);
  CHECK(keepalive->of == Setting::Of::group);
  CHECK(full_name(*keepalive) == "group.keepalive");
  CHECK(*keepalive->value == "32");
  CHECK(default_of(*parse_setting("server.max_fails=3")) == "1");
  const auto headers = settings({"proxy_set_header=Connection \"\"", "proxy_set_header=X-A b"});
  REQUIRE(headers.size() == 1);
  CHECK(*headers.front().value == "Connection \"\"\nX-A b");
  CHECK(*settings({"proxy_read_timeout=1s", "proxy_read_timeout=2s"}).front().value == "2s");

  const std::pair<const char*, const char*> wrong[] = {
      {"proxy_read_timeout", "is no NAME=VALUE"},
      {"=10s", "is no NAME=VALUE"},
      {"proxy_read_timout=10s", "did you mean \"proxy_read_timeout\"?"},
      {"keepalive=32", "did you mean \"group.keepalive\"?"},
      {"max_fails=3", "did you mean \"server.max_fails\"?"},
      {"upstream.keepalive=32", "did you mean \"group.keepalive\"?"},
      {"group.keepaliv=32", "did you mean \"group.keepalive\"?"},
      {"proxy_read_timeout=10x", "proxy_read_timeout: \"10x\" is not a time"},
      {"proxy_pass=http://app", "proxy_pass is of each scenario's own"},
      {"server.down=on", "server.down is of each scenario's own"},
  };
  for (const auto& [text, words] : wrong) {
    CAPTURE(text);
    const auto setting = parse_setting(text);
    REQUIRE_FALSE(setting);
    CHECK(setting.error().message.find(words) != std::string::npos);
  }
}

TEST_CASE("what contradicts nginx's defaults is found before anything is played") {
  CHECK(contradiction_of(settings({"proxy_buffer_size=64k"})).find("proxy_busy_buffers_size") !=
        std::string::npos);
  CHECK(contradiction_of(settings({"proxy_buffer_size=64k", "proxy_buffers=8 64k"})) == "");
}

TEST_CASE("what the scenario says of a directive gives way, wherever it says it") {
  Scenario scenario = scenario_of(R"(
[proxy]
proxy_read_timeout = "60s"
proxy_connect_timeout = "5s"
[proxy.location."/slow/"]
proxy_read_timeout = "10m"
[group.app]
keepalive = 8
keepalive_timeout = "5s"
[[upstream.app]]
max_fails = 7
[[request]]
[[event]]
at = "1s"
set = { proxy_read_timeout = "2s" }
)");
  lay_over(scenario,
           settings({"proxy_read_timeout=3s", "group.keepalive=32", "server.max_fails=2"}));
  CHECK(scenario.proxy.proxy.read_timeout == 3s);
  CHECK(scenario.proxy.locations.at(0).proxy.read_timeout == 3s);
  CHECK(scenario.proxy.proxy.connect_timeout == 5s);
  CHECK(scenario.events.at(0).directives.directives.empty());
  CHECK(scenario.proxy.upstreams.at(0).keepalive == 32U);
  CHECK(scenario.proxy.upstreams.at(0).keepalive_timeout == 5s);
  CHECK(scenario.backends.at(0).server.max_fails == 2);

  const std::vector<Setting> defaults{{Setting::Of::proxy, "proxy_read_timeout", {}},
                                      {Setting::Of::group, "keepalive_timeout", {}},
                                      {Setting::Of::server, "max_fails", {}}};
  lay_over(scenario, defaults);
  CHECK(scenario.proxy.proxy.read_timeout == 60s);
  CHECK(scenario.proxy.upstreams.at(0).keepalive_timeout == 60s);
  CHECK(scenario.backends.at(0).server.max_fails == 1);
}

TEST_CASE("what is executed twice outweighs every answer, if it must not be") {
  const Scenario post = scenario_of(kTwoServers);
  Seen once{.answers = {answer(504, 60s)}, .executed = 1};
  Seen twice{.answers = {answer(200, 60s)}, .executed = 2};
  CHECK(difference_of(post, once, twice).judgement == Judgement::worse);
  CHECK(difference_of(post, once, twice).harm == Harm::repeated);
  CHECK(difference_of(post, twice, once).judgement == Judgement::better);
  Scenario get = post;
  get.requests.front().method = "GET";
  CHECK(difference_of(get, once, twice).judgement == Judgement::better);
  twice.answers = once.answers;
  CHECK(difference_of(get, once, twice).judgement == Judgement::other);
}

TEST_CASE("requests are put side by side by their harm, not by their turn") {
  const Scenario scenario = scenario_of(kTwoServers);
  const Seen first{.answers = {answer(502, 0s), answer(200, 0s), answer(200, 0s)}};
  const Seen last{.answers = {answer(200, 0s), answer(200, 0s), answer(502, 0s)}};
  CHECK(difference_of(scenario, first, last).judgement == Judgement::unchanged);
  const Seen none{.answers = {answer(502, 0s), answer(200, 0s)}};
  CHECK(difference_of(scenario, first, none).judgement == Judgement::worse);
  CHECK(difference_of(scenario, none, first).judgement == Judgement::better);
}

TEST_CASE("one request in a hundred of many is chance") {
  const Scenario scenario = scenario_of(kTwoServers);
  const Seen all{.answers = std::vector<Answer>(500, answer(200, 0s))};
  Seen some = all;
  for (std::size_t i = 0; i < 5; ++i)
    some.answers[100 * i] = answer(502, 0s);
  CHECK(difference_of(scenario, all, some).judgement == Judgement::unchanged);
  some.answers[1] = answer(502, 0s);
  CHECK(difference_of(scenario, all, some).judgement == Judgement::worse);
}

TEST_CASE("of many, fewer errors outweigh the longer wait of the others") {
  const Scenario scenario = scenario_of(kTwoServers);
  Seen quick{.answers = std::vector<Answer>(100, answer(200, 1s))};
  std::fill_n(quick.answers.begin(), 60, answer(502, 0s));
  Seen slow{.answers = std::vector<Answer>(100, answer(200, 90s))};
  std::fill_n(slow.answers.begin(), 20, answer(502, 0s));
  CHECK(difference_of(scenario, quick, slow).judgement == Judgement::better);
  CHECK(difference_of(scenario, slow, quick).judgement == Judgement::worse);
  std::fill_n(slow.answers.begin(), 60, answer(502, 0s));
  CHECK(difference_of(scenario, quick, slow).judgement == Judgement::worse);
}

TEST_CASE("a proxy that does not start is the greatest harm; what was not played is none") {
  const Scenario scenario = scenario_of(kTwoServers);
  const Seen starts{.answers = {answer(502, 0s)}};
  const Seen refuses{.start_error = "host not found in upstream"};
  CHECK(difference_of(scenario, starts, refuses).judgement == Judgement::worse);
  CHECK(difference_of(scenario, starts, refuses).harm == Harm::down);
  CHECK(difference_of(scenario, refuses, starts).judgement == Judgement::better);
  CHECK(difference_of(scenario, refuses, refuses).judgement == Judgement::unchanged);
  CHECK(difference_of(scenario, starts, {.skipped = "not here"}).not_played == "not here");
  CHECK(difference_of(scenario, starts, {.broken = "it died"}).broken == "it died");
}

TEST_CASE("what workers send comes back as it was") {
  Seen seen{.answers = {answer(504, 60s), answer(9, 1ms, Completeness::raw)},
            .executed = 3,
            .real_clock = true};
  seen.answers.front().left = true;
  seen.answers.front().body = "abc";
  const auto back = seen_from_json(to_json(seen));
  REQUIRE(back);
  CHECK(back->answers == seen.answers);
  CHECK(back->executed == 3);
  CHECK(back->real_clock);
  CHECK_FALSE(seen_from_json("{"));
  CHECK_FALSE(seen_from_json("{}"));
}

TEST_CASE("a longer proxy_read_timeout cures the slow application, and nothing else") {
  struct Case {
    const char* fault;
    Judgement judgement;
  };
  const Case cases[] = {
      {R"({ slow = "header", delay = "75s" })", Judgement::better},
      {R"({ slow = "body-stall", at = 0, delay = "75s" })", Judgement::better},
      {R"({ slow = "header-stall" })", Judgement::worse},  // the same error, later
      {R"({ crash = "after-request" })", Judgement::unchanged},
      {R"({ crash = "mid-body" })", Judgement::unchanged},
      {R"({ crash = "mid-body", how = "RST" })", Judgement::unchanged},
      {R"({ garbage = "header-space-in-name" })", Judgement::unchanged},
  };
  for (const Case& c : cases) {
    CAPTURE(c.fault);
    auto loaded = load_text(
        std::string("title = \"T\"\n[[upstream.app]]\nfault = ") + c.fault + "\n[[request]]\n",
        "test.toml", "test");
    for (const Diagnostic& d : loaded.diagnostics)
      FAIL_CHECK(harness::to_text(d));
    if (!loaded.ok()) continue;
    const auto result = difference(loaded.scenarios.front(), settings({"proxy_read_timeout=120s"}));
    CHECK(result.not_played == "");
    CHECK(result.judgement == c.judgement);
  }
}

TEST_CASE("of the catalogue it cures those that wait, and does nothing for the others") {
  const std::pair<const char*, Judgement> cases[] = {
      {"slow-application/report-takes-75s", Judgement::better},
      {"slow-application/slow-order-is-not-retried", Judgement::better},
      {"database/slow-query", Judgement::better},
      {"retry-storm/order-placed-twice", Judgement::better},
      {"slow-application/deadlock", Judgement::worse},
      {"application-crash/segfault", Judgement::unchanged},
      {"application-crash/dies-in-the-header", Judgement::unchanged},
      {"application-crash/reset-in-the-header", Judgement::unchanged},
      {"application-crash/closes-without-reading", Judgement::unchanged},
      {"truncated-response/reset-in-mid-body", Judgement::unchanged},
      {"invalid-header/space-in-name", Judgement::unchanged},
      {"invalid-header/nul-in-value", Judgement::unchanged},
      {"keepalive-race/post-is-not-retried", Judgement::unchanged},
      {"keepalive-race/get-is-retried", Judgement::unchanged},
      {"keepalive-race/reset-in-place-of-close", Judgement::unchanged},
      {"keepalive-race/worker-leaves-after-its-last-request", Judgement::unchanged},
  };
  for (const auto& [name, judgement] : cases) {
    CAPTURE(name);
    const std::vector<std::string> files{std::string(BADGATE_SOURCE "/scenarios/") + name +
                                         ".toml"};
    const auto loaded = load(files);
    REQUIRE(loaded.ok());
    const auto result = difference(loaded.scenarios.front(), settings({"proxy_read_timeout=120s"}));
    CHECK(result.not_played == "");
    CHECK(result.judgement == judgement);
  }
}

TEST_CASE("one server more is a healthy one") {
  Scenario scenario = scenario_of(R"(
[[upstream.app]]
fault = { crash = "after-request" }
[[request]]
)");
  lay_over(scenario, settings({"group.servers=+2"}));
  REQUIRE(scenario.backends.size() == 3);
  CHECK(scenario.backends[2].name == "app[2]");
  CHECK(scenario.backends[2].settings.faults.empty());
  CHECK(scenario.proxy.upstreams[0].servers.size() == 3);
  const auto seen = play_under(scenario, {}, 1, -1);
  REQUIRE(seen.answers.size() == 1);
  CHECK(seen.answers[0].status == 200);
  CHECK(seen.answers[0].tries == 2);
  CHECK_FALSE(parse_setting("group.servers=2"));
  CHECK_FALSE(parse_setting("group.servers=+0"));
}

TEST_CASE("answers in words") {
  const std::vector<Answer> one{answer(504, 60s)};
  std::vector<Answer> two{answer(504, 60s), answer(200, 0s)};
  CHECK(change::to_text(one, one) == "504 after 1m");
  CHECK(change::to_text(one, two) == "504 after 1m, 1 try");
  CHECK(change::to_text(two, two) == "504 after 1m, 200");
  CHECK(change::to_text(
            {answer(200, 0s, Completeness::cut), answer(200, 1200ms, Completeness::cut)}, two) ==
        "200 cut ×2 in up to 1.2s");
  CHECK(change::to_text({answer(0, 1s, Completeness::empty)}, one) == "no answer after 1s");
  CHECK(change::to_text({}, {}) == "never made");
}
