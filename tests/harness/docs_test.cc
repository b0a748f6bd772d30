// docs/scenarios.md: its tables are the loader's own, its examples load, and no key is left out.
// docs/causes.md: it says what the catalogue says.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <cctype>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "harness/explain.h"
#include "harness/load.h"
#include "harness/reference.h"
#include "tests/harness/golden.h"

using namespace badgate;

namespace {

std::filesystem::path page() {
  return tests::source_root() / "docs/scenarios.md";
}

// What stands between `open` and `close`, of each such pair.
std::vector<std::string> blocks(const std::string& text, const std::string& open,
                                const std::string& close) {
  std::vector<std::string> out;
  for (auto at = text.find(open); at != std::string::npos; at = text.find(open, at)) {
    at += open.size();
    const auto end = text.find(close, at);
    REQUIRE(end != std::string::npos);
    out.push_back(text.substr(at, end - at));
  }
  return out;
}

bool mentions(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

// Fragments get what every scenario needs.
std::string completed(const std::string& fragment) {
  std::string text = fragment;
  if (!mentions(text, "title = \"The") && !text.starts_with("title"))
    text = "title = \"A fragment\"\n" + text;
  if (!mentions(text, "[[upstream.app]]")) text += "\n[[upstream.app]]\n";
  if (!mentions(text, "[[request]]") && !mentions(text, "[load]")) text += "\n[[request]]\n";
  return text;
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Whether the example gives the key a value, or has it in the name of a table.
bool shows_key(const std::string& example, std::string_view key) {
  for (auto at = example.find(key); at != std::string::npos; at = example.find(key, at + 1)) {
    if (at > 0 && is_word(example[at - 1])) continue;
    const auto after = example.find_first_not_of(' ', at + key.size());
    if (after != std::string::npos &&
        std::string_view("=.]").find(example[after]) != std::string::npos)
      return true;
  }
  return false;
}

// The page with its generated parts made anew.
std::string regenerated(std::string text) {
  const std::string open = "<!-- generated: ";
  for (auto at = text.find(open); at != std::string::npos; at = text.find(open, at + 1)) {
    const auto name_end = text.find(" -->", at);
    REQUIRE(name_end != std::string::npos);
    const auto topic = text.substr(at + open.size(), name_end - at - open.size());
    const auto body = text.find('\n', name_end) + 1;
    const auto end = text.find("<!-- end -->", body);
    REQUIRE(end != std::string::npos);
    const auto table = harness::markdown(topic);
    CAPTURE(topic);
    CHECK(!table.empty());
    text.replace(body, end - body, table);
  }
  return text;
}

}  // namespace

TEST_CASE("The tables of docs/scenarios.md are the loader's own") {
  const std::string actual = regenerated(tests::file_text(page()));
  CHECK(actual == tests::golden(page(), actual));
}

TEST_CASE("Every topic of the reference has its table in docs/scenarios.md") {
  const std::string text = tests::file_text(page());
  for (const harness::ReferenceTable& table : harness::reference()) {
    CAPTURE(table.topic);
    CHECK(mentions(text, fmt::format("<!-- generated: {} -->", table.topic)));
  }
}

TEST_CASE("Every example of docs/scenarios.md loads") {
  const auto examples = blocks(tests::file_text(page()), "```toml\n", "```");
  CHECK(examples.size() >= 14);
  for (const std::string& example : examples) {
    const auto loaded = harness::load_text(completed(example), "scenarios.md", "docs/example");
    CAPTURE(example);
    CHECK(harness::to_text(loaded.diagnostics) == "");
    CHECK(!loaded.scenarios.empty());
  }
}

TEST_CASE("Every key has an example in docs/scenarios.md") {
  std::string examples;
  for (const std::string& example : blocks(tests::file_text(page()), "```toml\n", "```"))
    examples += example;
  for (const harness::ReferenceTable& table : harness::reference()) {
    if (table.topic == "faults" && table.name != "a fault") continue;  // their table is enough
    for (const harness::ReferenceEntry& entry : table.entries) {
      CAPTURE(table.name);
      CAPTURE(entry.name);
      CHECK(shows_key(examples, entry.name));
    }
  }
}

TEST_CASE("docs/causes.md is made of the shipped catalogue") {
  const std::vector<std::string> folder{(tests::source_root() / "scenarios").string()};
  const auto loaded = harness::load(folder);
  REQUIRE(harness::to_text(loaded.diagnostics) == "");
  const std::string actual = harness::causes_markdown(loaded.scenarios);
  CHECK(actual == tests::golden(tests::source_root() / "docs/causes.md", actual));
}
