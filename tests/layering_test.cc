// The arrows between the rooms: net <- proxy, fault_backends <- harness. An #include that points
// back is a mistake.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>

namespace fs = std::filesystem;

namespace {

using Rooms = std::set<std::string>;

const std::map<std::string, Rooms> may_include = {
    {"net", {"net"}},
    {"proxy", {"net", "proxy"}},
    {"fault_backends", {"net", "fault_backends"}},
    {"harness", {"net", "proxy", "fault_backends", "harness"}},
};

// The room of `#include "room/file.h"`; empty for anything else.
std::string included_room(const std::string& line) {
  constexpr std::string_view start = "#include \"";
  if (!line.starts_with(start)) return {};
  return line.substr(start.size(), line.find('/') - start.size());
}

}  // namespace

TEST_CASE("no room includes what it may not know") {
  std::size_t checked = 0;
  for (const auto& [room, allowed] : may_include) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(BADGATE_SOURCE) / room)) {
      const auto extension = entry.path().extension();
      if (extension != ".cc" && extension != ".h") continue;
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) {
        const auto included = included_room(line);
        if (included.empty()) continue;
        ++checked;
        CAPTURE(entry.path().string());
        CAPTURE(line);
        CHECK((!may_include.contains(included) || allowed.contains(included)));
      }
    }
  }
  CHECK(checked > 100);  // or the rooms were not found
}

TEST_CASE("reports see verdicts and nothing behind them") {
  const Rooms verdicts = {"harness/verdict.h", "harness/outcome.h", "harness/scenario.h"};
  // Forms of text and numbers, and their writing, which know of no run.
  const Rooms forms = {"harness/diagnostics.h",  "harness/judge_values.h", "harness/printable.h",
                       "harness/write_all.h",    "harness/shards.h",       "harness/text_fields.h",
                       "harness/report_page.inc"};
  for (const auto& entry :
       fs::directory_iterator(fs::path(BADGATE_SOURCE) / "harness" / "reports")) {
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      if (!line.starts_with("#include \"harness/")) continue;
      const std::string header = line.substr(10, line.rfind('"') - 10);
      CAPTURE(entry.path().string());
      CAPTURE(header);
      CHECK((verdicts.contains(header) || forms.contains(header) ||
             header.starts_with("harness/reports/")));
    }
  }
}
