#include "harness/reference.h"

#include <doctest/doctest.h>

#include <set>

using namespace badgate::harness;

TEST_CASE("Every key of the reference says what it takes and what it does") {
  for (const ReferenceTable& table : reference()) {
    CAPTURE(table.name);
    CHECK(!table.topic.empty());
    CHECK(!table.doc.empty());
    std::set<std::string_view> names;
    for (const ReferenceEntry& entry : table.entries) {
      CAPTURE(entry.name);
      CHECK(names.insert(entry.name).second);
      CHECK(!entry.syntax.empty());
      CHECK(!entry.doc.empty());
    }
  }
}

TEST_CASE("Markdown holds every key of a topic") {
  CHECK(markdown("request").find("| `leave_after` | time |") != std::string::npos);
  CHECK(markdown("faults").find("**`slow = \"header\"`**") != std::string::npos);
  CHECK(markdown("proxy").find("error \\| timeout") != std::string::npos);
  CHECK(markdown("no such topic").empty());
}
