#include "harness/catalogue.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "harness/config.h"

namespace badgate::harness {
namespace {

namespace fs = std::filesystem;

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

std::string catalogue_folder() {
  if (const char* given = std::getenv("BADGATE_SCENARIOS")) return given;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    const fs::path installed = program.parent_path().parent_path() / "share/badgate/scenarios";
    if (is_folder(installed)) return installed.string();
  }
  if (is_folder(BADGATE_OTHER_SCENARIOS)) return BADGATE_OTHER_SCENARIOS;
  return {};
}

NamedPath find_named(const std::string& name) {
  std::error_code ignored;
  // A dangling link is there too: the loader says what is wrong with it.
  if (fs::exists(fs::symlink_status(name, ignored))) return {name, {}};
  const fs::path catalogue = catalogue_folder();
  for (const fs::path& candidate : {catalogue / name, catalogue / (name + ".toml")}) {
    if (!catalogue.empty() && fs::exists(candidate, ignored)) return {candidate.string(), {}};
  }
  const std::size_t colon = name.rfind(':');
  if (colon == std::string::npos) return {name, {}};
  NamedPath without = find_named(name.substr(0, colon));
  without.remedy = name.substr(colon + 1);
  return without;
}

bool Filter::passes(const Scenario& scenario) const {
  const bool by_name =
      names.empty() || std::any_of(names.begin(), names.end(), [&](const std::string& part) {
        return scenario.name.find(part) != std::string::npos;
      });
  const bool by_cause = causes.empty() || contains(causes, scenario.cause);
  const bool by_tag =
      tags.empty() || std::any_of(tags.begin(), tags.end(), [&](const std::string& tag) {
        return contains(scenario.tags, tag);
      });
  return by_name && by_cause && by_tag;
}

}  // namespace badgate::harness
