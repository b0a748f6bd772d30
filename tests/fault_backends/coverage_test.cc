// Every preset has a test: its family's test file names it. A new preset without one fails here.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "fault_backends/presets.h"

using namespace badgate::fault_backends;

namespace {

// All that the test files of a family say: FAMILY_test.cc, FAMILY_backend_test.cc …
std::string tests_of(std::string_view family) {
  std::string text;
  for (const auto& entry :
       std::filesystem::directory_iterator(BADGATE_SOURCE "/tests/fault_backends")) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with(family) || !name.ends_with("_test.cc")) continue;
    std::ifstream file(entry.path());
    text.append(std::istreambuf_iterator<char>(file), {});
  }
  return text;
}

}  // namespace

TEST_CASE("every preset is named by a test of its family") {
  std::map<std::string_view, std::string> texts;
  for (const auto& preset : presets()) {
    CAPTURE(preset.family);
    CAPTURE(preset.kind);
    auto& text = texts[preset.family];
    if (text.empty()) text = tests_of(preset.family);
    CHECK(text.find('"' + std::string(preset.kind) + '"') != std::string::npos);
  }
}
