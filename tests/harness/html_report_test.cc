// The HTML report as text: its data can be read back whatever is in it, and nothing of it is asked
// of anybody else. What a browser makes of it, tests/browser holds.
#include "harness/reports/html.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "harness/reports/json.h"

using namespace badgate::harness;
using namespace badgate::harness::reports;

namespace {

constexpr std::string_view kHostile =
    "</script><script>alert(1)</script> <!--<script> \xff \"@DATA@\" \u2028";

RunReport report_of(std::string_view text) {
  Case one;
  one.name = one.scenario = "cause/case";
  one.cause = "cause";
  one.title = one.reason = text;
  one.error_log.push_back({{}, "error", std::string(text)});
  RunReport report;
  report.badgate = "0.1.0";
  report.cases.push_back(std::move(one));
  return report;
}

// What stands between the tags of the data.
std::string data_of(const std::string& page) {
  constexpr std::string_view kBegin = "<script id=\"data\" type=\"application/json\">";
  const auto begin = page.find(kBegin) + kBegin.size();
  return page.substr(begin, page.find("</script>", begin) - begin);
}

std::size_t count(std::string_view text, std::string_view word) {
  std::size_t number = 0;
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1))
    ++number;
  return number;
}

}  // namespace

TEST_CASE("the data of an HTML report are those of the JSON report, with its texts by number") {
  const RunReport report = report_of(kHostile);
  const std::string data = data_of(html_report(report));
  CHECK(data.find('<') == data.npos);
  const auto packed = nlohmann::json::parse(data);
  const auto plain = nlohmann::json::parse(json_report(report));
  const auto& one = packed["cases"][0];
  CHECK(one["title"] == plain["cases"][0]["title"]);
  const auto& line = one["error_log"];  // at, level, message
  REQUIRE(line.size() == 3);
  CHECK(line[0] == 0);
  CHECK(packed["words"].at(line[1].get<std::size_t>()) == "error");
  CHECK(packed["words"].at(line[2].get<std::size_t>()) ==
        plain["cases"][0]["error_log"][0]["message"]);
}

TEST_CASE("what is in a report adds no element to its page") {
  const std::string hostile = html_report(report_of(kHostile));
  const std::string harmless = html_report(report_of("harmless"));
  for (const std::string_view tag : {"<script", "</script", "<!--"})
    CHECK(count(hostile, tag) == count(harmless, tag));
}

TEST_CASE("the page is one file, whose policy allows its own scripts and styles alone") {
  const std::string page = html_report({});
  CHECK(count(page, "<link") == 1);  // the icon, which is empty
  CHECK(count(page, " src=") == 0);
  CHECK(count(page, "@POLICY@") == 0);
  CHECK(count(page, "default-src 'none'; script-src 'sha256-") == 1);
  CHECK(count(page, "'unsafe-inline'") == 0);
  for (const std::string_view at : {"\nimport ", "import(", "@import", "url("})
    CHECK_MESSAGE(count(page, at) == 0, at);
}
