// Reports in every format: one run that has everything in it, beside the files that it must come
// to, and what the formats forbid.
#include "harness/reports/formats.h"

#include <doctest/doctest.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "golden.h"
#include "harness/printable.h"
#include "harness/reports/case_text.h"
#include "harness/reports/json.h"
#include "harness/reports/merge.h"
#include "harness/reports/report_file.h"
#include "harness/reports/text_forms.h"
#include "harness/temp_folder.h"
#include "net/rng.h"
#include "report_fixture.h"

using namespace badgate::harness;
using namespace badgate::harness::reports;
using badgate::tests::file_text;
using badgate::tests::golden;
using badgate::tests::named;
using badgate::tests::small_run;

namespace {

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t times = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size()))
    ++times;
  return times;
}

std::string error_of(const std::vector<std::string>& targets) {
  const auto prepared = prepare(targets);
  return prepared ? "" : prepared.error().message;
}

// Bytes with many of those that matter to some format.
std::string nasty(badgate::net::Rng& rng) {
  constexpr std::string_view kMarks =
      "\"'&<>%:,#\\`|\r\n\t]\x01\x1b\x7f\xc2\x85\xef\xbf\xbe\xed\xa0\x80";
  std::string text;
  for (auto left = rng.below(30); left > 0; --left) {
    if (rng.chance(0.5)) {
      text += kMarks[rng.below(kMarks.size())];
    } else {
      text += rng.bytes(1);
    }
  }
  return text;
}

RunReport with_texts(badgate::net::Rng& rng) {
  RunReport report = small_run();
  report.proxy_version = nasty(rng);
  for (Case& one : report.cases) {
    for (auto* text :
         {&one.name, &one.title, &one.cause, &one.file, &one.reason, &one.explanation.story})
      *text = nasty(rng);
    for (Mismatch& m : one.mismatches)
      m = {{nasty(rng), 3, 4}, nasty(rng), nasty(rng), nasty(rng)};
    for (Step& step : one.timeline)
      step.what = nasty(rng);
  }
  return report;
}

bool fit_for_xml(const std::string& text) {
  if (find_invalid_utf8(text) != text.npos) return false;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') return false;
  }
  return text.find("\xEF\xBF\xBE") == text.npos && text.find("\xEF\xBF\xBF") == text.npos;
}

}  // namespace

TEST_CASE("a run with everything in it, in every format") {
  const RunReport report = small_run();
  const auto folder = badgate::tests::source_root() / "tests/golden/reports";
  for (const Format& format : formats()) {
    CAPTURE(format.name);
    if (format.name == "html") continue;  // its data is the JSON report
    const std::string text = format.write(report);
    CHECK(golden(folder / ("run." + std::string(format.name)), text) == text);
  }
}

TEST_CASE("what is read back from JSON is the same report in every format") {
  const RunReport report = small_run();
  const auto back = report_from_json(json_report(report));
  REQUIRE(back.has_value());
  for (const Format& format : formats()) {
    CAPTURE(format.name);
    // Bytes that are no text were replaced on the way.
    CHECK(valid_utf8(format.write(*back)) == valid_utf8(format.write(report)));
  }
}

TEST_CASE("whatever texts hold, reports are well-formed") {
  badgate::net::Rng rng(7);
  for (int round = 0; round < 300; ++round) {
    const RunReport report = with_texts(rng);
    const std::string xml = junit_report(report);
    CHECK(fit_for_xml(xml));
    CHECK(count(xml, "<testcase ") == 6);
    CHECK(count(xml, "<failure ") == 2);
    CHECK(count(xml, "<") == count(xml, ">"));
    CHECK(nlohmann::json::accept(json_report(report)));
    // One line a command, so that no text can give another one.
    const std::string github = github_report(report);
    CHECK(count(github, "\n") == count("\n" + github, "\n::"));
    CHECK(count(github, "\n") == 6);
    const std::string tap = tap_report(report);
    CHECK(count(tap, "\nok ") + count(tap, "\nnot ok ") == 6);
    CHECK(find_invalid_utf8(tap) == tap.npos);
    CHECK(find_invalid_utf8(markdown_report(report)) == std::string::npos);
  }
}

TEST_CASE("texts in the forms of each format") {
  CHECK(xml_text("a<b>&c\r\n\"") == "a&lt;b&gt;&amp;c&#13;\n\"");
  CHECK(xml_attribute("a<b>&c\r\n\t\"") == "a&lt;b&gt;&amp;c&#13;&#10;&#9;&quot;");
  CHECK(xml_text(std::string_view("a\0b\x1b", 4)) == "a\uFFFDb\uFFFD");
  CHECK(xml_text("\xff\xc3(\xef\xbf\xbe") == "\uFFFD\uFFFD(\uFFFD");
  CHECK(yaml_quoted("say \"no\"\\\n\x01\x7f") == R"("say \"no\"\\\n\u0001\u007F")");
  CHECK(yaml_quoted("\xc2\x85 \xef\xbf\xbf ü") == R"("\u0085 \uFFFF ü")");
  CHECK(one_line("a\r\nb") == "a b");
}

TEST_CASE("a report that is cut short says so in every format") {
  RunReport report = small_run();
  report.complete = false;
  CHECK(junit_report(report).find("name=\"complete\" value=\"false\"") != std::string::npos);
  CHECK(tap_report(report).find("# the run was broken off") != std::string::npos);
  CHECK(json_report(report).find("\"complete\":false") != std::string::npos);
  CHECK(github_report(report).find("::error title=badgate::the run was broken off") !=
        std::string::npos);
  CHECK(markdown_report(report).find("The run was broken off") != std::string::npos);
}

TEST_CASE("a job's summary is never larger than GitHub takes") {
  RunReport report = small_run();
  const Case failed = report.cases[1];
  report.cases.assign(2000, failed);
  const std::string text = markdown_report(report);
  CHECK(text.size() < 1'000'000);
  CHECK(text.find("more, for which this page has no room") != std::string::npos);
}

TEST_CASE("where reports go") {
  const auto folder = TempFolder::make();
  REQUIRE(folder.has_value());
  const std::string in = folder->path() + "/";
  CHECK(error_of({"junit:" + in + "a.xml", "tap", "json:" + in + "b.json"}) == "");
  CHECK(std::filesystem::is_empty(folder->path()));
  CHECK(error_of({"junti:x"}) ==
        "there is no report format \"junti\"; there are junit, tap, json, github, markdown, html; "
        "did you mean \"junit\"?");
  CHECK(error_of({"tap:"}) == "\"tap:\" names no file behind the colon");
  CHECK(error_of({"tap", "junit"}).starts_with("only one report can go to standard output"));
  CHECK(error_of({"tap:" + in + "x", "junit:" + in + "./x"}) ==
        "two reports would be written to " + in + "./x");
  CHECK(error_of({"tap:" + in + "no/x"}) ==
        "cannot write " + in + "no/x: there is no folder " + in + "no");
  CHECK(error_of({"tap:" + in.substr(0, in.size() - 1)}).ends_with(": it is a folder"));
  CHECK(error_of({"tap:/dev/null", "json:/dev/null"}) == "");
}

TEST_CASE("a file is there whole or not at all") {
  const auto folder = TempFolder::make();
  REQUIRE(folder.has_value());
  const std::string path = folder->path() + "/report.tap";
  const std::string link = folder->path() + "/link.tap";
  CHECK(write_whole(path, "first\n").has_value());
  std::filesystem::create_symlink("report.tap", link);
  CHECK(write_whole(link, "second\n").has_value());
  CHECK(file_text(path) == "second\n");
  CHECK(std::filesystem::is_symlink(link));
  const auto lost = write_whole("/dev/full", "third\n");
  CHECK(!lost.has_value());
  CHECK(lost.error().message == "cannot write /dev/full: No space left on device");
  // Of a process of the same id that was killed while it wrote, as happens in containers.
  std::ofstream(fmt::format("{}/new.{}.part", folder->path(), ::getpid())) << "half";
  CHECK(can_write(folder->path() + "/new").has_value());
  std::ofstream(fmt::format("{}/new.{}.part", folder->path(), ::getpid())) << "half";
  CHECK(write_whole(folder->path() + "/new", "whole\n").has_value());
  std::filesystem::remove(folder->path() + "/new");
  const auto entries = std::filesystem::directory_iterator(folder->path());
  CHECK(std::distance(begin(entries), end(entries)) == 2);
}

TEST_CASE("shards come together again, in the order of the run") {
  RunReport whole = small_run();
  RunReport one = whole;
  RunReport two = whole;
  one.shard = Shard{1, 2};
  two.shard = Shard{2, 2};
  one.cases = {whole.cases[0], whole.cases[3], whole.cases[4]};
  two.cases = {whole.cases[1], whole.cases[2], whole.cases[5]};
  two.wall = badgate::tests::took(9);
  const auto merged = merge({{"two.json", two}, {"one.json", one}});
  REQUIRE(merged.has_value());
  CHECK(merged->missing.empty());
  CHECK(merged->report.wall == two.wall);
  whole.wall = two.wall;
  CHECK(json_report(merged->report) == json_report(whole));

  const auto half = merge({{"two.json", two}});
  REQUIRE(half.has_value());
  CHECK(half->missing == std::vector<std::string>{"shard 1/2"});
  CHECK(!half->report.complete);
}

TEST_CASE("what is not of one run is not merged") {
  RunReport one = small_run();
  one.shard = Shard{1, 2};
  one.cases.resize(3);
  RunReport two = one;
  const auto why = [&] {
    const auto merged = merge({{"1.json", one}, {"2.json", two}});
    return merged ? "merged" : merged.error().message;
  };
  CHECK(why() == "they overlap: slow-application/report is in 1.json and in 2.json");
  two.cases = {named(3, "x/y", ""), named(4, "x/z", ""), named(5, "x/zz", "")};
  two.shard = Shard{2, 2};
  CHECK(why() == "merged");
  two.seed = 8;
  CHECK(why() == "they are not of one run: the seed is 7 in 1.json, and 8 in 2.json");
  two.seed = 7;
  two.proxy = "nginx";
  CHECK(why() == "they are not of one run: the proxy is haproxy in 1.json, and nginx in 2.json");
  two.proxy = one.proxy;
  two.badgate = "0.2.0";
  CHECK(why().find("the version of badgate is 0.1.0 in 1.json, and 0.2.0 in") != std::string::npos);
  two.badgate = one.badgate;
  two.shard = Shard{2, 3};
  CHECK(why().find("one of 2 shards in 1.json, and one of 3 shards in 2.json") !=
        std::string::npos);
  two.shard = Shard{2, 2};
  two.selected = 9;
  CHECK(why() ==
        "they are not shards of one selection: 1.json is of 6 scenarios and remedies, "
        "2.json of 9");
}

TEST_CASE("what a shard has lost is not merged as if it had never been") {
  RunReport one = small_run();
  RunReport two = one;
  one.shard = Shard{1, 2};
  two.shard = Shard{2, 2};
  one.cases.resize(3);
  two.cases.erase(two.cases.begin(), two.cases.begin() + 3);
  const auto why = [&] {
    const auto merged = merge({{"1.json", one}, {"2.json", two}});
    return merged ? "merged" : merged.error().message;
  };
  CHECK(why() == "merged");
  const Case last = two.cases[2];
  two.cases.pop_back();
  CHECK(why() ==
        "no shard is missing, and yet 1 of 6 scenarios and remedies are in none: first number 6, "
        "behind " +
            two.cases[1].name);
  // A shard of a checkout that has as many scenarios, but others.
  two.cases.push_back(last);
  two.cases[2].name = "x/y";
  two.cases[2].index = 1;
  CHECK(why() == "they are not shards of one selection: number 2 is " + one.cases[1].name +
                     ", and in 2.json it is x/y");
  two.cases[2].index = 6;
  CHECK(why() == "2.json has number 7 of 6 scenarios and remedies: x/y");
  // While a shard is missing, gaps are no wonder.
  two.cases.clear();
  CHECK(merge({{"1.json", one}}).has_value());

  RunReport whole = small_run();
  whole.cases.pop_back();
  const auto merged = merge({{"all.json", whole}});
  REQUIRE(!merged.has_value());
  CHECK(merged.error().message == "all.json is of 6 scenarios and remedies, and has 5");
}

TEST_CASE("rates say how often what came out, and with which seeds") {
  CHECK(rates(small_run().cases[5]) == "passed 7 of 10, failed 3 of 10 (seeds 2, 5, 9)");
  CHECK(rates(small_run().cases[0]) == "");
}
