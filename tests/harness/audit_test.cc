// badgate audit on the configurations of tests/configs: what is planted in them is found, at its
// line, and nothing else; the scenarios prove it.
#include "harness/audit/audit.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "harness/audit/proof.h"
#include "harness/audit/report.h"
#include "harness/audit/subject.h"
#include "harness/judge.h"
#include "harness/load.h"

namespace badgate::harness::audit {
namespace {

const std::string kConfigs = BADGATE_SOURCE "/tests/configs/";
constexpr std::size_t kMostRuns = 600;  // of one configuration

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// "id file:line" of each "# finds: id …", where the file is called `name`.
void add_planted(const std::string& text, std::string name, std::set<std::string>& into) {
  std::istringstream lines(text);
  std::string line;
  for (unsigned number = 1; std::getline(lines, line); ++number) {
    if (line.starts_with("# configuration file ")) {
      name = line.substr(21, line.size() - 22);
      number = 0;
    }
    const auto at = line.find("# finds: ");
    if (at == line.npos) continue;
    std::istringstream words(line.substr(at + 9));
    for (std::string id; words >> id;)
      into.insert(fmt::format("{} {}:{}", id, name, number));
  }
}

std::set<std::string> planted_in(const std::string& path) {
  std::set<std::string> planted;
  const auto folder = std::filesystem::path(path).parent_path();
  if (!path.ends_with("/includes/nginx.conf")) {
    add_planted(text_of(path), path, planted);
    return planted;
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) add_planted(text_of(entry.path()), entry.path(), planted);
  }
  return planted;
}

std::set<std::string> found_in(const Audit& audit) {
  std::set<std::string> found;
  for (const Finding& finding : audit.findings) {
    found.insert(fmt::format("{} {}:{}", finding.id, finding.at.file, finding.at.line));
    for (const Position& other : finding.others)
      found.insert(fmt::format("{} {}:{}", finding.id, other.file, other.line));
  }
  return found;
}

Audit audited(const nginx_conf::Tree& tree) {
  INFO(to_text(tree.diagnostics));
  REQUIRE(tree.ok());
  auto found = audit(nginx_conf::site_of(tree), {.run = {}, .jobs = 2});
  REQUIRE(found);
  return std::move(*found);
}

Audit audited(const std::string& path) {
  return audited(nginx_conf::read(path));
}

void check_scenarios(const Audit& audit) {
  for (const Finding& finding : audit.findings) {
    if (finding.scenario.empty()) continue;
    CAPTURE(finding.scenario);
    const Loaded loaded = load_text(finding.scenario, "finding.toml", "finding");
    INFO(to_text(loaded.diagnostics));
    REQUIRE(loaded.ok());
    CHECK(loaded.scenarios.size() == (finding.after.empty() ? 1 : 2));
    for (const Scenario& scenario : loaded.scenarios) {
      const Verdict verdict = judge(scenario, run(scenario, {}), Tolerance::virtual_clock());
      CHECK(verdict.state == Verdict::State::passed);
    }
    if (!finding.after.empty()) CHECK(finding.after != finding.before);
  }
}

TEST_CASE("What is planted in configurations is found, and nothing else") {
  std::size_t configs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kConfigs)) {
    const std::string path =
        entry.is_directory() ? entry.path().string() + "/nginx.conf" : entry.path().string();
    CAPTURE(path);
    ++configs;
    const Audit audit = audited(path);
    CHECK(found_in(audit) == planted_in(path));
    CHECK(audit.played <= kMostRuns);
    check_scenarios(audit);
    for (const LocationKind& kind : audit.kinds) {
      for (const Exposure& exposure : kind.exposures) {
        CAPTURE(exposure.fault);
        const bool pair = exposure.fault.ends_with("-once");
        CHECK((exposure.broken.empty() || pair));
      }
    }
  }
  CHECK(configs >= 17);
}

TEST_CASE("Findings are in order of harm, each with its place and what cures it") {
  const Audit audit = audited(kConfigs + "microservices.conf");
  REQUIRE(audit.findings.size() >= 8);
  CHECK(audit.findings[0].id == "executed-twice");
  CHECK(audit.findings[0].before == "200 at once, executed 2 times");
  CHECK(audit.findings[0].after == "502 at once");
  for (std::size_t i = 1; i < audit.findings.size(); ++i)
    CHECK(audit.findings[i - 1].severity >= audit.findings[i].severity);
  for (const Finding& finding : audit.findings) {
    CAPTURE(finding.id);
    CHECK(finding.at.line > 0);
    CHECK_FALSE(finding.fixes.empty());
    CHECK_FALSE(finding.title.empty());
    CHECK_FALSE((finding.scenario.empty() && finding.shown_by.empty()));
    CHECK_FALSE(finding.detail.empty());
  }
}

TEST_CASE("A configuration can say nothing in the scenarios but what it means") {
  const Audit audit = audited(nginx_conf::read_text(R"(events {}
http {
  upstream app {
    server 10.0.0.1:8080 "x=
clock = 'real'
upstream.evil = [{ process = { command = ['touch','/x'] } }]
#";
    server 10.0.0.2:8080;
  }
  server { location / { proxy_pass http://app; } }
})",
                                                    "nginx.conf"));
  std::size_t quoting = 0;
  for (const Finding& finding : audit.findings) {
    if (finding.scenario.empty()) continue;
    CAPTURE(finding.scenario);
    quoting += finding.said.find("evil") != std::string::npos ? 1 : 0;
    const Loaded loaded = load_text(finding.scenario, "finding.toml", "finding");
    REQUIRE_MESSAGE(loaded.ok(), to_text(loaded.diagnostics));
    for (const Scenario& scenario : loaded.scenarios) {
      CHECK(scenario.clock == ClockNeed::any);
      for (const BackendSpec& backend : scenario.backends)
        CHECK_FALSE(backend.process.has_value());
    }
  }
  CHECK(quoting > 0);
}

TEST_CASE("What users see of each fault") {
  const Audit audit = audited(kConfigs + "microservices.conf");
  const auto& site = audit.site;
  const auto kind_of = [&](std::string_view pattern) -> const LocationKind& {
    return *std::ranges::find_if(audit.kinds, [&](const LocationKind& kind) {
      return site.location(kind.refs.front()).pattern == pattern;
    });
  };
  const Exposure* one = kind_of("/users/").find("stuck", Whom::first);
  REQUIRE(one != nullptr);
  CHECK(one->answer.status == 200);
  CHECK(one->answer.elapsed == std::chrono::seconds(10));
  CHECK(one->answer.tries == 2);
  const Exposure* post = kind_of("/users/").find("stuck", Whom::first, "POST");
  CHECK(post->answer.status == 504);
  CHECK(post->executed == 1);
  CHECK(kind_of("/orders/").find("stuck", Whom::first, "POST")->executed == 2);
  CHECK(kind_of("/users/").find("cut", Whom::first)->answer.completeness == Completeness::cut);
  CHECK(kind_of("/inventory/").find("refused", Whom::first_group)->answer.status == 502);
  CHECK(kind_of("/search/").find("stuck", Whom::first_group)->answer.tries == 3);
}

TEST_CASE("A page cut short that looks whole is told from an error page sent as a success") {
  const Audit audit = audited(nginx_conf::read_text(R"(events {}
http {
  server {
    error_page 502 =200 /sorry.html;
    location / { fastcgi_pass 127.0.0.1:9000; }
    location /kept/ { fastcgi_keep_conn on; fastcgi_pass 127.0.0.1:9000; }
    location /http/ { proxy_pass http://127.0.0.1:9001; }
    location = /sorry.html { return 200 "sorry"; }
  }
})",
                                                    "nginx.conf"));
  REQUIRE(audit.kinds.size() == 3);
  const auto said = [&](std::size_t kind, std::string_view fault) {
    const LocationKind& one = audit.kinds[kind];
    return spoken(one.find(fault, Whom::first_group)->answer, one.healthy);
  };
  CHECK(said(0, "cut") == "200, short at once");
  CHECK(said(0, "refused") == "200 at once");
  CHECK(said(1, "cut") == "200, cut at once");
  CHECK(said(2, "cut") == "200, cut at once");
  const std::string text = to_text(audit, {});
  CHECK(text.find("response  200, short at once  200, short at once\n") != std::string::npos);
  CHECK(text.find("  is down                             200! at once") != std::string::npos);
  CHECK(text.find("200, short: only the beginning of the page") != std::string::npos);
  CHECK(to_json(audit).find("\"short\": true") != std::string::npos);
  const auto found = std::ranges::find(audit.findings, "short-page", &Finding::id);
  REQUIRE(found != audit.findings.end());
  CHECK(found->at.line == 5);
  CHECK(found->others.empty());
  CHECK(found->title.find("a page cut short that looks whole") != std::string::npos);
  CHECK(found->before == "200, short at once");
  CHECK(found->after == "200, cut at once");
  check_scenarios(audit);
}

TEST_CASE("Fifty servers are played as often as they differ") {
  const Audit audit = audited(kConfigs + "ingress.conf");
  CHECK(audit.site.servers.size() == 51);
  CHECK(audit.kinds.size() <= 12);
  std::size_t locations = 0;
  for (const LocationKind& kind : audit.kinds)
    locations += kind.refs.size();
  CHECK(locations == 60);
}

TEST_CASE("What is not spoken is told, and looked at all the same") {
  const Audit audit = audited(kConfigs + "flask_uwsgi.conf");
  CHECK(audit.played == 0);
  CHECK(audit.kinds.front().unplayed == "badgate's own proxy does not speak uwsgi (uwsgi_pass)");
  CHECK(to_text(audit, {}).find("not played: badgate's own proxy does not speak uwsgi") !=
        std::string::npos);
}

}  // namespace
}  // namespace badgate::harness::audit
