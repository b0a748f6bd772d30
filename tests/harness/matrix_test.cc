#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "harness/matrix/matrix.h"

using namespace badgate;
using namespace badgate::harness;
using namespace badgate::harness::matrix;
using namespace std::chrono_literals;

namespace {

Response response(int status, Completeness completeness, net::Duration elapsed) {
  Response out;
  out.status = status;
  out.completeness = completeness;
  out.elapsed = elapsed;
  return out;
}

Cell cell(std::vector<Response> responses) {
  Outcome outcome;
  outcome.responses = std::move(responses);
  return cell_of(outcome);
}

Matrix two_by_two() {
  Matrix m;
  m.columns = {{"nginx", "1.22.1"}, {"other", ""}};
  m.rows = {{"a/one",
             "One | two",
             "a",
             {cell({response(502, Completeness::whole, 0s)}),
              cell({response(503, Completeness::whole, 0s)})}},
            {"a/two",
             "</script>",
             "a",
             {cell({response(200, Completeness::cut, 0s)}),
              Cell{.skipped = "other has nothing like x"}}}};
  m.rows[0].cells[1].codes = {"SC--"};
  return m;
}

}  // namespace

TEST_CASE("what a cell says of responses") {
  const auto whole = Completeness::whole;
  CHECK(answers_text(cell({response(504, whole, 60s)})) == "504 1m");
  CHECK(answers_text(cell({response(200, whole, 0s), response(200, whole, 10ms)})) == "200 ×2");
  CHECK(answers_text(cell({response(200, whole, 0s), response(502, whole, 1234ms)})) ==
        "200, 502 1.2s");
  CHECK(answers_text(cell({response(200, Completeness::cut, 0s)})) == "200 cut");
  CHECK(answers_text(cell({response(0, Completeness::empty, 60s)})) == "no answer 1m");
  CHECK(answers_text(cell({response(0, Completeness::raw, 0s)})) == "raw bytes");
  auto many = std::vector<Response>(95, response(200, whole, 0s));
  many.resize(100, response(502, whole, 0s));
  CHECK(answers_text(cell(many)) == "200 95%, 502 5%");
  CHECK(answers_text(Cell{.skipped = "no"}) == "-");
  CHECK(answers_text(Cell{.broken = "no"}) == "error");
  CHECK(answers_text(Cell{.start_error = "no"}) == "refused");
}

TEST_CASE("which answers are the same") {
  const auto whole = Completeness::whole;
  const auto one = cell({response(504, whole, 60s)});
  CHECK(same_answers(one, cell({response(504, whole, 63s)})));
  CHECK_FALSE(same_answers(one, cell({response(504, whole, 120s)})));
  CHECK_FALSE(same_answers(one, cell({response(502, whole, 60s)})));
  CHECK_FALSE(same_answers(one, cell({response(504, Completeness::cut, 60s)})));
  CHECK_FALSE(same_answers(one, cell({response(504, whole, 60s), response(504, whole, 60s)})));
  CHECK(same_answers(cell({response(200, whole, 0s), response(502, whole, 0s)}),
                     cell({response(502, whole, 0s), response(200, whole, 0s)})));
}

TEST_CASE("a cell comes back from JSON as it was") {
  Cell before = cell({response(200, Completeness::cut, 5s)});
  before.codes = {"SD--"};
  before.connections = 3;
  before.executed = 2;
  before.timeline = {{net::TimePoint(1s), "client", "sends \xff"}};
  const auto after = cell_from_json(to_json(before));
  REQUIRE(after);
  CHECK(to_json(*after) == to_json(before));
  CHECK(same_answers(*after, before));
  CHECK_FALSE(cell_from_json("{"));
  CHECK_FALSE(cell_from_json("{}"));
}

TEST_CASE("a matrix counts, and finds what differs") {
  const auto m = two_by_two();
  CHECK(m.count(1).played == 1);
  CHECK(m.count(1).skipped == 1);
  CHECK(m.count(1).broken == 0);
  CHECK(m.differs(m.rows[0], 1));
  CHECK_FALSE(m.differs(m.rows[0], 0));
  CHECK_FALSE(m.differs(m.rows[1], 1));
}

TEST_CASE("a matrix as text") {
  const auto m = two_by_two();
  const auto text = to_terminal(m, 60, false);
  CHECK(text.find("scenario  nginx 1.22.1") == 0);
  CHECK(text.find("a/one     502") != text.npos);
  CHECK(text.find("503 SC--") != text.npos);
  CHECK(text.find("   1 other has nothing like x\n") != text.npos);
  CHECK(to_terminal(m, 60, true).find("\x1b[1;33m503 SC--") != std::string::npos);
  CHECK(to_markdown(m) ==
        "| scenario | nginx 1.22.1 | other |\n|---|---|---|\n"
        "| a/one | 502 | **503 SC--** |\n| a/two | 200 cut | - |\n");
}

TEST_CASE("a matrix as JSON") {
  const auto json = nlohmann::json::parse(to_json(two_by_two()));
  CHECK(json["columns"][0]["proxy"] == "nginx");
  CHECK(json["rows"][0]["cells"][1]["differs"] == true);
  CHECK(json["rows"][1]["title"] == "</script>");
}

TEST_CASE("a matrix as a page that has all data, and that none of them can break out of") {
  const std::string odd = "\"'<!--<script></script>&lt;\\\n\xe2\x80\xa8\xff";
  const std::string kept = "\"'<!--<script></script>&lt;\\\n\xe2\x80\xa8\xef\xbf\xbd";
  auto m = two_by_two();
  m.rows[0].title = odd;
  m.rows[0].cells[0].timeline = {{net::TimePoint(1500us), "client", odd},
                                 {net::TimePoint(60s), odd, "client"}};
  m.rows[1].cells[0].broken = odd;
  const auto page = to_html(m);
  const std::string_view opening = "<script id=\"data\" type=\"application/json\">";
  const auto begin = page.find(opening) + opening.size();
  REQUIRE(begin > opening.size());
  const auto text = page.substr(begin, page.find("</script>", begin) - begin);
  CHECK(text.find('<') == text.npos);
  const auto data = nlohmann::json::parse(text);
  CHECK(data["columns"].size() == m.columns.size());
  REQUIRE(data["rows"].size() == m.rows.size());
  CHECK(data["rows"][0]["scenario"] == "a/one");
  CHECK(data["rows"][0]["title"] == kept);
  const auto& cells = data["rows"][0]["cells"];
  CHECK(cells[0]["differs"] == false);
  CHECK(cells[1]["differs"] == true);
  CHECK(cells[1]["text"] == "503");
  CHECK(cells[1]["codes"] == nlohmann::json{"SC--"});
  CHECK(data["rows"][1]["cells"][0]["broken"] == kept);
  CHECK(data["rows"][1]["cells"][1]["skipped"] == m.rows[1].cells[1].skipped);
  const auto& timeline = cells[0]["timeline"];
  REQUIRE(timeline.size() == 2);
  CHECK(timeline[0][0] == 1500);
  CHECK(timeline[1][0] == 60'000'000);
  CHECK(timeline[0][1] == timeline[1][2]);  // the same word
  CHECK(data["words"][timeline[0][1].get<std::size_t>()] == "client");
  CHECK(data["words"][timeline[0][2].get<std::size_t>()] == kept);
}

TEST_CASE("the page asks nobody else for anything") {
  const auto page = to_html(two_by_two());
  CHECK(page.find("default-src 'none'") != page.npos);
  for (const char* words : {"http:", "https:", "//cdn", "src=", "@import", "url("}) {
    CAPTURE(words);
    CHECK(page.find(words) == page.npos);
  }
}

TEST_CASE("a cell that was written down") {
  for (const char* text : {"504 1m", "200 ×2, 502 1.2s", "200 cut SD--", "no answer 1m",
                           "raw bytes", "200, left ×3", "503 ×2 3s SC-- SH--"}) {
    CAPTURE(text);
    const auto parsed = parse_cell(text);
    REQUIRE(parsed);
    CHECK(text_of(*parsed) == text);
    CHECK(same_answers(*parsed, *parsed));
  }
  CHECK_FALSE(parse_cell(""));
  CHECK_FALSE(parse_cell("fine"));
  CHECK_FALSE(parse_cell("20"));
}

TEST_CASE("shares that were written down, against answers that came") {
  const auto whole = Completeness::whole;
  auto many = std::vector<Response>(93, response(200, whole, 0s));
  many.resize(100, response(502, whole, 0s));
  CHECK(same_answers(*parse_cell("200 95%, 502 5%"), cell(many)));
  CHECK_FALSE(same_answers(*parse_cell("200 50%, 502 50%"), cell(many)));
  CHECK_FALSE(same_answers(*parse_cell("200 95%"), cell(many)));
}

TEST_CASE("codes are the same in any order, and no others") {
  CHECK(same_codes(*parse_cell("200 A B"), *parse_cell("200 B A")));
  CHECK_FALSE(same_codes(*parse_cell("200 A"), *parse_cell("200 B")));
  CHECK_FALSE(same_codes(*parse_cell("200"), *parse_cell("200 B")));
}
