#include "harness/catalogue_check.h"

#include <doctest/doctest.h>

#include <string>

#include "harness/load.h"
#include "tests/harness/golden.h"

using namespace badgate;

namespace {

constexpr auto kComplete = R"toml(
title = "Nothing listens"
cause = "process-down"
rows = ["A1"]
explain.story = "The process is gone."
explain.user_sees = "502 at once."
explain.evidence = "connect() failed (111: Connection refused)"
explain.helps = ["start it"]
explain.does_not_help = ["a longer timeout"]
upstream.app = {}
request = {}
expect.error_log = "connect() failed (111: Connection refused)"
[remedy.start]
title = "Start it"
helps = true
upstream.app.body = "1k"
expect.elapsed = "0s"
)toml";

std::string told(const std::string& text, const std::string& file) {
  const auto loaded = harness::load_text(text, file, "a/b");
  REQUIRE(harness::to_text(loaded.diagnostics) == "");
  return harness::to_text(harness::check_catalogue(loaded.scenarios));
}

std::string without(std::string text, const std::string& line_start) {
  const auto at = text.find("\n" + line_start);
  REQUIRE(at != std::string::npos);
  return text.erase(at + 1, text.find('\n', at + 1) - at);
}

}  // namespace

TEST_CASE("A complete scenario is fit for the catalogue") {
  CHECK(told(kComplete, "scenarios/process-down/gone.toml") == "");
}

TEST_CASE("The cause is the folder's name") {
  CHECK(told(kComplete, "scenarios/overload/gone.toml") ==
        "scenarios/overload/gone.toml:3:1: error: the cause is \"process-down\", but the scenario "
        "lies in the folder \"overload\"\n"
        "      = expected the cause's name as the name of the folder\n");
  CHECK(told(without(kComplete, "cause"), "scenarios/process-down/gone.toml")
            .find("the scenario names no cause") != std::string::npos);
}

TEST_CASE("Every part of the explanation is asked for") {
  for (const std::string key : {"story", "user_sees", "evidence", "helps", "does_not_help"}) {
    const auto text = told(without(kComplete, "explain." + key), "process-down/gone.toml");
    CHECK(text.find("[explain] has no `" + key + "`") != std::string::npos);
  }
}

TEST_CASE("Rows and the titles of remedies are asked for") {
  CHECK(told(without(kComplete, "rows"), "process-down/gone.toml").find("names no row") !=
        std::string::npos);
  CHECK(told(without(kComplete, "title = \"Start it"), "process-down/gone.toml")
            .find("the remedy \"start\" has no title") != std::string::npos);
}

TEST_CASE("A remedy is asked for") {
  const std::string text = kComplete;
  CHECK(told(text.substr(0, text.find("[remedy")), "process-down/gone.toml")
            .find("the scenario has no remedy") != std::string::npos);
}

TEST_CASE("More than a status is asked for, of the scenario and of its remedies") {
  CHECK(told(without(kComplete, "expect.error_log"), "process-down/gone.toml")
            .find("nothing but a status is expected") != std::string::npos);
  std::string text = kComplete;
  const std::string elapsed = "elapsed = \"0s\"";
  text.replace(text.find(elapsed), elapsed.size(), "status = 200");
  CHECK(told(text, "process-down/gone.toml").find("nothing but a status is expected") !=
        std::string::npos);
}

TEST_CASE("The shipped catalogue is fit for itself") {
  const std::vector<std::string> folder{(tests::source_root() / "scenarios").string()};
  const auto loaded = harness::load(folder);
  REQUIRE(harness::to_text(loaded.diagnostics) == "");
  CHECK(loaded.scenarios.size() > 400);
  CHECK(harness::to_text(harness::check_catalogue(loaded.scenarios)) == "");
}
