// Every broken scenario file of tests/golden/broken, and what is said of it, in full.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/load.h"
#include "tests/harness/golden.h"

using namespace badgate;
namespace fs = std::filesystem;

namespace {

std::vector<fs::path> broken_files() {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(tests::source_root() / "tests/golden/broken")) {
    if (entry.path().extension() == ".toml") out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

TEST_CASE("Each mistake is told at its place, in full") {
  const auto files = broken_files();
  CHECK(files.size() >= 90);
  for (const fs::path& path : files) {
    CAPTURE(path.filename().string());
    const auto loaded =
        harness::load_text(tests::file_text(path), path.filename().string(), "broken");
    const std::string told = harness::to_text(loaded.diagnostics);
    CHECK(!told.empty());
    CHECK(loaded.scenarios.empty());
    fs::path expected = path;
    expected.replace_extension(".expected");
    CHECK(told == tests::golden(expected, told));
  }
}

TEST_CASE("The mistakes of all files are told at once") {
  const auto folder = tests::source_root() / "tests/golden/broken";
  const std::vector<std::string> paths{(folder / "status-impossible.toml").string(),
                                       (folder / "reuse-on-first-request.toml").string(),
                                       (folder / "no-such-file.toml").string()};
  const auto loaded = harness::load(paths);
  REQUIRE(loaded.diagnostics.size() == 3);
  CHECK(loaded.diagnostics[0].position.file == paths[2]);
  CHECK(loaded.diagnostics[1].position.file == paths[0]);
  CHECK(loaded.diagnostics[2].position.file == paths[1]);
}
