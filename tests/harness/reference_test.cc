#include "harness/reference.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <set>

#include "fault_backends/presets.h"
#include "harness/load.h"

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

TEST_CASE("Every fault can be written with nothing but its name") {
  for (const auto& preset : badgate::fault_backends::presets()) {
    // What the server has to be for it.
    const std::string_view before = preset.family == "dns"       ? "[dns.ns]\n"
                                    : preset.family == "fastcgi" ? "protocol = 'fastcgi'\n"
                                    : preset.family == "fpm"     ? "fpm = {}\n"
                                                                 : "";
    const auto text =
        fmt::format("title = 't'\nrequest = {{}}\n[[upstream.app]]\n{}fault = {{ {} = '{}' }}\n",
                    before, preset.family, preset.kind);
    const auto loaded = load_text(text, "fault.toml", "a/fault");
    CHECK(to_text(loaded.diagnostics) == "");
  }
}

TEST_CASE("Markdown holds every key of a topic") {
  CHECK(markdown("request").find("| `leave_after` | time |") != std::string::npos);
  CHECK(markdown("faults").find("**`slow = \"header\"`**") != std::string::npos);
  CHECK(markdown("proxy").find("error \\| timeout") != std::string::npos);
  CHECK(markdown("no such topic").empty());
}
