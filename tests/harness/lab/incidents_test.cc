// Every incident, played as it is and with each of its fixes.
#include <doctest/doctest.h>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
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

Incident incident_of(const std::string& name, std::uint64_t seed = kSeed) {
  const auto read =
      read_incident(tests::lab_file("incidents/" + name + ".toml"), name, name + ".toml", seed);
  INFO(to_text(read.diagnostics));
  REQUIRE(read.diagnostics.empty());
  return read.incident;
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
  return wanted.empty() ||
         std::ranges::any_of(wanted, [&](const std::string& row) { return seen.contains(row); });
}

}  // namespace

TEST_CASE("What helps serves the users again, and nothing else does") {
  for (const std::string& name : tests::lab_names("incidents")) {
    CAPTURE(name);
    const Incident incident = incident_of(name);
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
    CHECK(incident.fixes.size() >= helping + 2);
  }
}

TEST_CASE("The causes are those that `explain` names by the lines of the play") {
  for (const std::string& name : tests::lab_names("incidents")) {
    CAPTURE(name);
    const Incident incident = incident_of(name);
    std::vector<std::string> sends;
    for (const SampleRequest& request : incident.requests)
      sends.insert(sends.end(), 3, request.id);
    const auto view = operator_view(incident, play_with(incident, "", sends));
    CHECK(view.responses.size() >= sends.size());
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
  for (const std::string& name : tests::lab_names("incidents")) {
    CAPTURE(name);
    const Incident incident = incident_of(name);
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
  }
}

TEST_CASE("A seed is the same for everybody, and others are different") {
  const auto offers = incidents_of(kSeed);
  CHECK(offers.size() == tests::lab_names("incidents").size());
  const auto again = incidents_of(kSeed);
  const auto other = incidents_of(kSeed + 1);
  std::set<std::string> ids;
  std::set<std::string> configs;
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
  CHECK(points({{"dies-at-work", "left-out", "too-slow"}, "repair", 0, 3}) == 85);
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
