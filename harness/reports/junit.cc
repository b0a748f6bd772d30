#include <fmt/core.h>

#include <array>
#include <map>

#include "harness/reports/case_text.h"
#include "harness/reports/formats.h"
#include "harness/reports/text_forms.h"

namespace badgate::harness::reports {
namespace {

using State = Verdict::State;

struct Suite {
  std::string name;
  std::vector<const Case*> cases;

  std::size_t count(State state) const {
    std::size_t number = 0;
    for (const Case* one : cases)
      number += one->state == state ? 1 : 0;
    return number;
  }
  net::Duration wall() const {
    net::Duration sum{};
    for (const Case* one : cases)
      sum += one->wall;
    return sum;
  }
};

// One a cause, in the order in which they come up.
std::vector<Suite> suites_of(const RunReport& report) {
  std::vector<Suite> suites;
  std::map<std::string, std::size_t> known;
  for (const Case& one : report.cases) {
    const auto [at, is_new] = known.emplace(one.cause, suites.size());
    if (is_new) suites.push_back({one.cause.empty() ? "scenarios" : one.cause, {}});
    suites[at->second].cases.push_back(&one);
  }
  return suites;
}

std::string counts(std::size_t tests, std::size_t failures, std::size_t errors) {
  return fmt::format(R"(tests="{}" failures="{}" errors="{}")", tests, failures, errors);
}

// The schema has no place for the file and the line, so the text says them.
std::string details(const Case& one) {
  std::string text;
  for (const Mismatch& m : one.mismatches) {
    text += fmt::format("{}: {}\n  expected: {}\n  actual:   {}\n", place_of(m.position), m.what,
                        m.expected, m.actual);
  }
  if (text.empty()) text = fmt::format("{}: {}\n", place_of(one), one.reason);
  if (one.repeats) text += rates(one) + "\n";
  if (!one.explanation.story.empty())
    text += fmt::format("What it shows: {}\n", one.explanation.story);
  return text;
}

std::string element(std::string_view name, const Case& one, std::string_view type) {
  return fmt::format("      <{0} type=\"{1}\" message=\"{2}\">{3}</{0}>\n", name, type,
                     xml_attribute(headline(one)), xml_text(details(one)));
}

std::string outcome(const Case& one) {
  switch (one.state) {
    case State::passed:
      return {};
    case State::skipped:
      return fmt::format("      <skipped message=\"{}\"/>\n", xml_attribute(one.reason));
    case State::failed:
      return element("failure", one, "expectation");
    case State::broken:
      return element("error", one, "broken");
  }
  return {};
}

// What was seen, where somebody will look for the reason; the rates of a case that was repeated.
std::string output(const Case& one) {
  const bool bad = one.state == State::failed || one.state == State::broken;
  const std::string text = bad ? timeline_text(one) : rates(one);
  if (text.empty()) return {};
  return fmt::format("      <system-out>{}</system-out>\n", xml_text(text));
}

std::string test_case(const Case& one, const std::string& suite) {
  const std::string inside = outcome(one) + output(one);
  std::string text =
      fmt::format(R"(    <testcase name="{}" classname="{}" time="{}")", xml_attribute(one.name),
                  xml_attribute(suite), in_seconds(one.wall));
  return text + (inside.empty() ? "/>\n" : ">\n" + inside + "    </testcase>\n");
}

std::string properties(const RunReport& report) {
  const std::string shard =
      report.shard ? fmt::format("{}/{}", report.shard->number, report.shard->of) : "";
  const std::array<std::pair<std::string_view, std::string>, 7> all{{
      {"badgate", report.badgate},
      {"seed", std::to_string(report.seed)},
      {"proxy", report.proxy},
      {"proxy version", report.proxy_version},
      {"clock", report.clock},
      {"shard", shard},
      {"complete", report.complete ? "true" : "false"},
  }};
  std::string text = "    <properties>\n";
  for (const auto& [name, value] : all) {
    if (value.empty()) continue;
    text += fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, xml_attribute(value));
  }
  return text + "    </properties>\n";
}

}  // namespace

std::string junit_report(const RunReport& report) {
  const Totals all = totals(report);
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  text += fmt::format("<testsuites name=\"badgate\" {} time=\"{}\">\n",
                      counts(report.cases.size(), all.of(State::failed), all.of(State::broken)),
                      in_seconds(report.wall));
  for (const Suite& suite : suites_of(report)) {
    text += fmt::format(
        "  <testsuite name=\"{}\" {} skipped=\"{}\" time=\"{}\">\n", xml_attribute(suite.name),
        counts(suite.cases.size(), suite.count(State::failed), suite.count(State::broken)),
        suite.count(State::skipped), in_seconds(suite.wall()));
    text += properties(report);
    for (const Case* one : suite.cases)
      text += test_case(*one, suite.name);
    text += "  </testsuite>\n";
  }
  return text + "</testsuites>\n";
}

}  // namespace badgate::harness::reports
