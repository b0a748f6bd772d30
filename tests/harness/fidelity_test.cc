#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "harness/fidelity/compare.h"
#include "harness/fidelity/comparison_json.h"
#include "harness/fidelity/generate.h"
#include "harness/fidelity/tally.h"
#include "harness/load.h"

using namespace badgate;
using namespace badgate::harness;
using namespace badgate::harness::fidelity;

TEST_CASE("every generated behaviour is a scenario file in order") {
  std::set<std::string> made;
  for (std::uint64_t number = 1; number <= 600; ++number) {
    const auto behaviour = generate(5, number);
    const auto loaded = load_text(behaviour.text, behaviour.name, behaviour.name);
    CAPTURE(behaviour.text);
    for (const Diagnostic& d : loaded.diagnostics)
      FAIL_CHECK(to_text(d));
    REQUIRE(loaded.scenarios.size() == 1);
    made.insert(behaviour.group);
  }
  for (const Group& group : groups()) {
    CAPTURE(group.name);
    CHECK(made.contains(std::string(group.name)));
  }
}

TEST_CASE("docs/fidelity.md names every group") {
  std::ifstream file(BADGATE_SOURCE "/docs/fidelity.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto table = text.substr(text.find("| group |"));
  for (const Group& group : groups()) {
    CAPTURE(group.name);
    const std::string name(group.name);
    CHECK((table.find("| " + name + " ") != table.npos ||
           table.find("| " + name + ",") != table.npos ||
           table.find(", " + name + " ") != table.npos ||
           table.find(", " + name + ",") != table.npos));
  }
}

TEST_CASE("the same seed and number make the same behaviour, another seed another one") {
  CHECK(generate(1, 7).text == generate(1, 7).text);
  CHECK(generate(1, 7).text != generate(2, 7).text);
  CHECK(generate(1, 7).text != generate(1, 8).text);
}

namespace {

Outcome sample() {
  Outcome outcome;
  Response response;
  response.request = "request 1";
  response.client_port = 4711;
  response.status = 502;
  response.headers = {{"Server", "nginx/1.22.1"}, {"Date", "now"}, {"X-A", "1"}};
  response.body_bytes = 3;
  response.body_hash = "abc";
  response.completeness = Completeness::whole;
  response.connection_end = "kept";
  outcome.responses = {response};
  AccessEntry entry;
  entry.client_port = 4711;
  entry.status = 502;
  entry.attempts = {{.server = "app[0]", .status = 502}};
  outcome.access = {entry};
  outcome.backends = {{.name = "app[0]", .connections = 1, .requests = 1}};
  outcome.error_log = {{"error", "recv() failed (104: Connection reset by peer)", ""},
                       {"info", "client closed keepalive connection", ""}};
  return outcome;
}

std::size_t differing(const Comparison& comparison, Aspect aspect) {
  return comparison.different[static_cast<std::size_t>(aspect)];
}

Comparison changed(void (*change)(Outcome&)) {
  Outcome other = sample();
  change(other);
  return compare(sample(), other);
}

}  // namespace

TEST_CASE("equal outcomes agree in every aspect, and each aspect was looked at") {
  const auto comparison = compare(sample(), sample());
  CHECK(comparison.differences.empty());
  for (const auto compared : comparison.compared)
    CHECK(compared == 1);
}

TEST_CASE("what differs is told under its aspect") {
  struct Case {
    Aspect aspect;
    void (*change)(Outcome&);
  };
  const Case cases[] = {
      {Aspect::status, [](Outcome& o) { o.responses[0].status = 504; }},
      {Aspect::status, [](Outcome& o) { o.access[0].status = 499; }},
      {Aspect::status, [](Outcome& o) { o.access[0].attempts[0].status = 504; }},
      {Aspect::status, [](Outcome& o) { o.access[0].attempts.clear(); }},
      {Aspect::status, [](Outcome& o) { o.access.clear(); }},
      {Aspect::body, [](Outcome& o) { o.responses[0].body_hash = "abd"; }},
      {Aspect::body, [](Outcome& o) { o.responses[0].completeness = Completeness::cut; }},
      {Aspect::body, [](Outcome& o) { o.responses[0].connection_end = "RST"; }},
      {Aspect::body, [](Outcome& o) { o.responses[0].headers[2].second = "2"; }},
      {Aspect::connections, [](Outcome& o) { o.backends[0].connections = 2; }},
      {Aspect::connections, [](Outcome& o) { o.backends[0].requests = 0; }},
      {Aspect::log, [](Outcome& o) { o.error_log[0].message += " while reading"; }},
      {Aspect::log, [](Outcome& o) { o.error_log[0].level = "crit"; }},
      {Aspect::log, [](Outcome& o) { o.error_log.clear(); }},
      {Aspect::log, [](Outcome& o) { o.start_error = "host not found in upstream \"app\""; }},
  };
  for (const Case& c : cases) {
    const auto comparison = changed(c.change);
    CAPTURE(to_string(c.aspect));
    CHECK(comparison.differences.size() == 1);
    CHECK(differing(comparison, c.aspect) == 1);
  }
}

TEST_CASE("dates, versions, ports and everyday notes are not compared") {
  Outcome first = sample();
  Outcome second = sample();
  first.responses[0].headers.emplace_back("Location", "http://localhost:4711/there");
  second.responses[0].headers.emplace_back("Location", "http://localhost:4712/there");
  CHECK(compare(first, second).differences.empty());
  second.responses[0].headers.back().second = "http://localhost:4712/elsewhere";
  CHECK(differing(compare(first, second), Aspect::body) == 1);
  CHECK(changed([](Outcome& o) {
          o.responses[0].headers[0].second = "nginx/1.28.0";
          o.responses[0].headers[1].second = "later";
          o.error_log.pop_back();
        }).differences.empty());
}

TEST_CASE("refusals to start are compared, whichever way they say what they are about") {
  Outcome ours;
  Outcome theirs;
  ours.start_error = "proxy_pass: host not found in upstream \"app\"";
  theirs.start_error = "host not found in upstream \"app\"";
  CHECK(compare(ours, theirs).differences.empty());
  theirs.start_error = "no port in upstream \"app\"";
  CHECK(differing(compare(ours, theirs), Aspect::log) == 1);
  theirs.start_error.clear();
  CHECK(differing(compare(ours, theirs), Aspect::log) == 1);
}

TEST_CASE("a missing response differs") {
  const auto comparison = changed([](Outcome& o) { o.responses.clear(); });
  CHECK(differing(comparison, Aspect::status) == 1);
}

TEST_CASE("a run that was skipped or broke compares nothing") {
  CHECK(changed([](Outcome& o) { o.skipped = "no nginx"; }).skipped == "no nginx");
  CHECK_FALSE(changed([](Outcome& o) { o.broken = "fell over"; }).broken.empty());
}

TEST_CASE("comparisons survive the way from a worker") {
  const auto before = changed([](Outcome& o) { o.responses[0].status = 504; });
  const auto after = comparison_from_json(to_json(before));
  REQUIRE(after.has_value());
  CHECK(after->compared == before.compared);
  CHECK(after->different == before.different);
  REQUIRE(after->differences.size() == 1);
  CHECK(after->differences[0].theirs == before.differences[0].theirs);
  CHECK_FALSE(comparison_from_json("{").has_value());
  CHECK_FALSE(comparison_from_json("{}").has_value());
}

TEST_CASE("agreement must be good in total, and not bad in any group") {
  const auto with = [](std::size_t compared, std::size_t different) {
    Comparison c;
    c.compared.fill(compared);
    c.different.fill(different);
    return c;
  };
  Tally none;
  CHECK_FALSE(none.sufficient());
  Tally good;
  good.add("chunks", with(1000, 5));
  CHECK(good.sufficient());
  Tally bad_total;
  bad_total.add("chunks", with(1000, 15));
  CHECK_FALSE(bad_total.sufficient());
  Tally bad_group;
  bad_group.add("chunks", with(10000, 0));
  bad_group.add("uploads", with(10, 2));
  CHECK_FALSE(bad_group.sufficient());
  Tally bad_fastcgi;
  bad_fastcgi.add("chunks", with(10000, 0));
  bad_fastcgi.add("fastcgi-head", with(100, 5));
  CHECK_FALSE(bad_fastcgi.sufficient());
  CHECK(bad_fastcgi.table().find("all of FastCGI") != std::string::npos);
}

TEST_CASE("among many scenarios one disagreement of a small group is chance") {
  const auto with = [](std::size_t different) {
    Comparison c;
    c.compared.fill(1);
    c.different.fill(different);
    return c;
  };
  Tally tally;
  tally.add("fastcgi-head", with(1));
  CHECK_FALSE(tally.sufficient());
  for (int i = 0; i < 200; ++i)
    tally.add("chunks", with(0));
  CHECK(tally.sufficient());
  tally.add("fastcgi-head", with(1));
  CHECK_FALSE(tally.sufficient());
}
