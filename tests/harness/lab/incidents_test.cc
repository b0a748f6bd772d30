// Every incident, played as it is and with each of its fixes.
#include <doctest/doctest.h>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "harness/diagnosis/diagnose.h"
#include "harness/evidence/reader.h"
#include "harness/lab/incidents.h"
#include "harness/lab/score.h"
#include "harness/nginx_conf/tree.h"
#include "tests/harness/lab/play.h"

using namespace badgate;
using namespace badgate::harness;
using namespace badgate::harness::lab;

namespace {

constexpr std::uint64_t kSeed = 7;

ReadIncident read(const std::string& name, std::uint64_t seed) {
  auto read =
      read_incident(tests::lab_file("incidents/" + name + ".toml"), name, name + ".toml", seed);
  INFO(to_text(read.diagnostics));
  REQUIRE(read.diagnostics.empty());
  return read;
}

Incident incident_of(const std::string& name, std::uint64_t seed = kSeed) {
  return read(name, seed).incident;
}

// The incident under each of its circumstances.
std::vector<Incident> incidents_called(const std::string& name) {
  std::vector<Incident> all;
  std::set<std::size_t> seen;
  for (std::uint64_t seed = kSeed; seed < kSeed + 100; ++seed) {
    auto one = read(name, seed);
    if (seen.insert(one.circumstance).second) all.push_back(std::move(one.incident));
    if (seen.size() >= one.circumstances) return all;
  }
  FAIL("some circumstances never come");
  return all;
}

std::vector<Incident> all_incidents() {
  std::vector<Incident> all;
  for (const std::string& name : tests::lab_names("incidents"))
    std::ranges::move(incidents_called(name), std::back_inserter(all));
  return all;
}

Outcome play_with(const Incident& incident, const std::string& fix,
                  const std::vector<std::string>& sends = {}) {
  const auto text = compose(incident, sends, fix);
  INFO((text ? std::string() : text.error().message));
  REQUIRE(text.has_value());
  return tests::play(*text);
}

double share(const Users& users) {
  REQUIRE(users.of > 0);
  return static_cast<double>(users.served) / static_cast<double>(users.of);
}

// The rows of all that `explain` suspects by the lines that an operator sees.
std::set<std::string> suspected(const OperatorView& view) {
  std::set<std::string> rows;
  const auto add = [&](const std::vector<std::string>& lines) {
    evidence::Reader reader;
    for (const std::string& line : lines) {
      const auto evidence = reader.read(line);
      if (!evidence) continue;
      for (const auto& suspect : diagnosis::diagnose(*evidence))
        rows.insert(suspect.row);
    }
  };
  add(view.error_log);
  add(view.access);
  return rows;
}

bool any_of(const std::vector<std::string>& wanted, const std::set<std::string>& seen) {
  return std::ranges::any_of(wanted, [&](const std::string& row) { return seen.contains(row); });
}

}  // namespace

TEST_CASE("What helps serves the users again, and nothing else does") {
  for (const Incident& incident : all_incidents()) {
    CAPTURE(incident.template_name);
    CAPTURE(incident.seed);
    const Users before = users_of(play_with(incident, ""));
    CAPTURE(before.served);
    CAPTURE(before.of);
    CHECK(share(before) < 0.9);
    std::size_t helping = 0;
    for (const IncidentFix& fix : incident.fixes) {
      CAPTURE(fix.id);
      const Users after = users_of(play_with(incident, fix.id));
      CAPTURE(after.served);
      CHECK(after.of == before.of);
      if (fix.helps) {
        ++helping;
        CHECK(share(after) >= 0.95);
      } else {
        CHECK(share(after) < 0.95);
      }
    }
    CHECK(helping >= 1);
    CHECK(incident.fixes.size() >= helping + 3);
  }
}

TEST_CASE("The causes are those that `explain` names by the lines of the play") {
  for (const Incident& incident : all_incidents()) {
    CAPTURE(incident.template_name);
    CAPTURE(incident.seed);
    std::vector<std::string> sends;
    for (const SampleRequest& request : incident.requests)
      sends.insert(sends.end(), 3, request.id);
    const auto outcome = play_with(incident, "", sends);
    const auto view = operator_view(incident, outcome);
    CHECK(view.responses.size() == sends.size());
    // No line comes that was not asked for, whether by users or by the operator.
    CHECK(operator_view(incident, outcome, incident.now).access.size() == sends.size());
    CHECK(view.error_log.size() <= outcome.error_log.size());
    CHECK(view.access.size() >= 5);
    INFO(fmt::format("{}", fmt::join(view.error_log, "\n")));
    const auto rows = suspected(view);
    INFO(fmt::format("{}", fmt::join(rows, " ")));
    for (const IncidentCause& cause : incident.causes) {
      CAPTURE(cause.id);
      if (cause.right) CHECK(any_of(cause.rows, rows));
    }
  }
}

TEST_CASE("Incidents are complete, and give nothing away") {
  std::set<std::string> titles;
  const auto names = tests::lab_names("incidents");
  CHECK(names.size() >= 20);
  for (const std::string& name : names) {
    CAPTURE(name);
    const Incident incident = incident_of(name);
    CHECK(titles.insert(incident.title).second);
    CHECK(incident.level >= 1);
    CHECK(incident.level <= 3);
    CHECK(incident.hints.size() == 3);
    CHECK(!incident.users_say.empty());
    const auto right = std::ranges::count_if(incident.causes, &IncidentCause::right);
    CHECK(right == (incident.level == 3 ? 2 : 1));
    CHECK(incident.causes.size() >= 4 + static_cast<std::size_t>(right));
    std::set<std::string> ids;
    for (const IncidentCause& cause : incident.causes)
      CHECK(ids.insert(cause.id).second);
    for (const IncidentFix& fix : incident.fixes)
      CHECK(ids.insert(fix.id).second);
    for (const IncidentCause& cause : incident.causes) {
      if (!cause.right) continue;
      CHECK(incident.title.find(cause.label) == std::string::npos);
      CHECK(incident.prompt.find(cause.label) == std::string::npos);
    }
  }
}

TEST_CASE("What operators see has the site's names and addresses, and a configuration to read") {
  for (const Incident& incident : all_incidents()) {
    CAPTURE(incident.template_name);
    CAPTURE(incident.seed);
    const auto view = operator_view(incident, play_with(incident, ""));
    std::string seen = incident.config;
    for (const auto& lines : {view.error_log, view.access}) {
      for (const std::string& line : lines)
        seen += line + "\n";
    }
    INFO(seen);
    for (const std::string_view word : {"app[", "127.0.0.", "{{", "localhost", "badgate"})
      CHECK(seen.find(word) == std::string::npos);
    const auto tree = nginx_conf::read_text(incident.config, "nginx.conf");
    CHECK(to_text(tree.diagnostics) == "");
    CHECK(incident.config.find("server_name") != std::string::npos);
    // Its log_format says what the names in the access log are.
    for (const std::string_view name :
         {"rt=$", "ua=\"$", "us=\"$", "uct=\"$", "uht=\"$", "urt=\"$"}) {
      CHECK(incident.config.find(name) != std::string::npos);
      CHECK(view.access.front().find(name.substr(0, name.size() - 1)) != std::string::npos);
    }
  }
}

TEST_CASE("A seed is the same for everybody, and others are different") {
  const auto offers = incidents_of(kSeed);
  CHECK(offers.size() >= 20);
  CHECK(offers.size() < tests::lab_names("incidents").size());
  const auto again = incidents_of(kSeed);
  const auto other = incidents_of(kSeed + 1);
  std::set<std::string> ids;
  std::size_t differ = 0;
  for (std::size_t i = 0; i < offers.size(); ++i) {
    CHECK(offers[i].id == again[i].id);
    CHECK(ids.insert(offers[i].id).second);
    CHECK(std::ranges::find(other, offers[i].id, &IncidentOffer::id) == other.end());
    const auto one = incident(kSeed, offers[i].id);
    REQUIRE(one.has_value());
    CHECK(one->title == offers[i].title);
    if (incident_of(one->template_name, kSeed + 1).config != one->config) ++differ;
    CHECK(one->config == incident_of(one->template_name).config);
  }
  CHECK(differ >= offers.size() / 2);
  CHECK(!incident(kSeed, "nothing").has_value());
  CHECK(std::ranges::is_sorted(offers, {}, &IncidentOffer::level));
  const auto titles = [](const std::vector<IncidentOffer>& all) {
    std::set<std::string> out;
    for (const IncidentOffer& one : all)
      out.insert(one.title);
    return out;
  };
  CHECK(titles(offers) != titles(other));
}

TEST_CASE("Before the operator comes all is over, and nothing of the future is in the logs") {
  for (const Incident& incident : all_incidents()) {
    CAPTURE(incident.template_name);
    CAPTURE(incident.seed);
    const auto outcome = play_with(incident, "");
    const auto late = operator_view(incident, outcome, incident.now);
    CHECK(late.access.empty());
    CHECK(late.error_log.empty());
    const auto view = operator_view(incident, outcome);
    CHECK(view.access.size() == outcome.access.size());
    CHECK(view.access.size() >= users_of(outcome).of / 2);
  }
}

// Of `what` is right, once it is dealt, over many seeds.
struct Odds {
  std::size_t right = 0;
  std::size_t offered = 0;
};

TEST_CASE("Nobody knows the fix by its words") {
  std::map<std::string, Odds> by_label;
  Odds pairs;
  std::set<std::string> orders;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    for (const IncidentOffer& offer : incidents_of(seed)) {
      const auto one = incident(seed, offer.id);
      REQUIRE(one.has_value());
      CHECK(one->fixes.size() == 5);
      std::string order = one->template_name;
      for (const IncidentFix& fix : one->fixes) {
        CHECK(fix.id == std::string(1, static_cast<char>('a' + (&fix - one->fixes.data()))));
        order += " " + fix.name;
        by_label[fix.label].offered += 1;
        by_label[fix.label].right += fix.helps ? 1 : 0;
        if (!fix.name.starts_with("both")) continue;
        ++pairs.offered;
        pairs.right += fix.helps ? 1 : 0;
      }
      orders.insert(order);
    }
  }
  // What is often offered is sometimes right.
  for (const auto& [label, odds] : by_label) {
    CAPTURE(label);
    CAPTURE(odds.offered);
    if (odds.offered >= 24) CHECK(odds.right > 0);
  }
  // "This, and that" is no sign of being right.
  CHECK(pairs.right * 2 < pairs.offered);
  CHECK(pairs.right > 0);
  CHECK(orders.size() > 6 * 15);
}

// What people are told of a log, and what has to be in it then, or must not.
struct Told {
  std::string incident;
  std::string words;  // of its hints, its explanation, its prompt or its users
  std::vector<std::string> OperatorView::*log;
  const char* line;
  bool there;
};

constexpr auto kError = &OperatorView::error_log;
constexpr auto kAccess = &OperatorView::access;

const std::vector<Told> kTold = {
    {"balancer-in-front", "leaves after 30 s: 499", kAccess, " 499 0 rt=30.000", true},
    {"cut-downloads", "all status codes are 200", kAccess, "catalogue.pdf HTTP/1.1\" 502", false},
    {"cut-downloads", "\"reading upstream\"", kError, "while reading upstream", true},
    {"every-other-click", "`uct` is \"-\"", kAccess, "uct=\"-\"", true},
    {"fortress", "SSL handshaking", kError, "while SSL handshaking to upstream", true},
    {"frozen-page", "Which status do those get", kAccess, " 200 ", true},
    {"half-in-maintenance", "a line in the error log?", kError, "[error]", false},
    {"holiday-photos", "client intended to send too large body", kError,
     "client intended to send too large body", true},
    {"monthly-report", "reading response header from upstream", kError,
     "while reading response header from upstream", true},
    {"monthly-report", "exactly one minute", kAccess, " 504 167 rt=60.000", true},
    {"new-extension", "104 is a reset", kError, "(104: Connection reset by peer)", true},
    {"new-year", "certificate verify error: (10:certificate has expired)", kError,
     "certificate verify error: (10:certificate has expired)", true},
    {"nobody-there", "connect() failed (111: Connection refused)", kError,
     "connect() failed (111: Connection refused)", true},
    {"orders-and-reports", "one at 60.000 s", kAccess, "rt=60.000", true},
    {"pages-without-pictures", "Nobody was asked", kAccess, " 503 197 rt=0.000 ua=\"-\" us=\"-\"",
     true},
    {"php-pages-only", "(2: No such file or directory)", kError, "(2: No such file or directory)",
     true},
    {"strange-characters", "status 009", kAccess, "\" 009 ", true},
    {"strange-characters", "there is no 502", kAccess, "\" 502 ", false},
    {"strange-characters", "upstream sent no valid HTTP/1.0 header", kError,
     "upstream sent no valid HTTP/1.0 header", true},
    {"ten-seconds", "no live upstreams", kError, "no live upstreams", true},
    {"timeouts-and-retries", "Each try ends after exactly 10 s", kAccess,
     "urt=\"10.000, 10.000, 10.000\"", true},
    {"virus-scanner", "while sending request to upstream", kError,
     "while sending request to upstream", true},
};

bool is_in(const std::vector<std::string>& texts, std::string_view words) {
  return std::ranges::any_of(
      texts, [&](const std::string& text) { return text.find(words) != std::string::npos; });
}

TEST_CASE("What people are told of the logs is so") {
  for (const Told& told : kTold) {
    CAPTURE(told.incident);
    CAPTURE(told.words);
    const Incident one = incident_of(told.incident);
    auto texts = one.hints;
    texts.push_back(one.prompt);
    std::ranges::copy(one.explanation, std::back_inserter(texts));
    std::ranges::copy(one.users_say, std::back_inserter(texts));
    CHECK(is_in(texts, told.words));
    const auto view = operator_view(one, play_with(one, ""));
    INFO(fmt::format("{}", fmt::join(view.*told.log, "\n")));
    CHECK(is_in(view.*told.log, told.line) == told.there);
  }
}

TEST_CASE("Who looks at a frozen page sees nothing of it") {
  const Incident one = incident_of("frozen-page");
  CHECK(is_in(one.users_say, "A white page"));
  std::size_t frozen = 0;
  for (const Response& response : play_with(one, "").responses) {
    if (!response.client_left) continue;
    ++frozen;
    CHECK(response.body_bytes == 0);
  }
  CHECK(frozen >= 5);
}

TEST_CASE("Points are for causes and the fix; wrong causes, hints and many requests cost some") {
  const Incident one = incident_of("ten-seconds");
  const Outcome before = play_with(one, "");
  const Outcome after = play_with(one, "repair");
  const auto points = [&](const Answer& answer) {
    return score(one, answer, before, after).points;
  };
  const Answer all{{"dies-at-work", "left-out"}, "repair", 0, 3};
  CHECK(points(all) == 100);
  CHECK(points({{"dies-at-work"}, "repair", 0, 3}) == 70);
  CHECK(points({{"dies-at-work", "left-out", "too-slow"}, "repair", 0, 3}) == 80);
  CHECK(points({{"dies-at-work", "too-slow"}, "repair", 0, 3}) == 50);
  // Whoever ticks everything knows less than whoever says nothing.
  std::vector<std::string> everything;
  for (const IncidentCause& cause : one.causes)
    everything.push_back(cause.id);
  CHECK(points({everything, "repair", 0, 3}) < points({{}, "repair", 0, 3}));
  CHECK(check(one, all).has_value());
  CHECK(check(one, {{}, "", 0, 0}).has_value());
  CHECK(check(one, {{"nonsense"}, "repair", 0, 0}).error().message ==
        "this incident has no cause \"nonsense\"");
  CHECK(check(one, {{}, "nonsense", 0, 0}).error().message ==
        "this incident has no fix \"nonsense\"");
  CHECK(points({all.causes, "longer_read_timeout", 0, 3}) == 60);
  CHECK(points({all.causes, "repair", 2, 3}) == 85);
  CHECK(points({all.causes, "repair", 0, 14}) == 96);
  CHECK(points({{}, "", 0, 0}) == 0);
  const Score told = score(one, {{"left-out", "too-slow"}, "repair", 0, 0}, before, after);
  CHECK(told.causes_right == std::vector<std::string>{"left-out"});
  CHECK(told.causes_missed == std::vector<std::string>{"dies-at-work"});
  CHECK(told.causes_wrong == std::vector<std::string>{"too-slow"});
  CHECK(told.after.served > told.before.served);
}
