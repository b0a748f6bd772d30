#include "harness/catalogue_check.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace badgate::harness {
namespace {

class Check {
 public:
  Check(const Scenario& scenario, bool has_remedy) : scenario_(scenario), has_remedy_(has_remedy) {}

  std::vector<Diagnostic> run() && {
    if (scenario_.remedy.empty()) {
      check_cause();
      check_explanation();
      if (scenario_.rows.empty())
        add("rows", "the scenario names no row of the catalogue of causes", "rows = [\"D1\"]");
      if (!has_remedy_)
        add("remedy", "the scenario has no remedy", "[remedy.NAME], also where it does not help");
    } else {
      check_remedy();
    }
    check_expectations();
    return std::move(found_);
  }

 private:
  void add(const std::string& key, std::string message, std::string expected) {
    const auto at = scenario_.positions.find(key);
    const bool here = scenario_.remedy.empty() && at != scenario_.positions.end();
    found_.push_back({here ? at->second : scenario_.position, 1, std::move(message),
                      std::move(expected), "", ""});
  }

  void check_cause() {
    const std::string folder = std::filesystem::path(scenario_.file).parent_path().filename();
    if (scenario_.cause == folder) return;
    if (scenario_.cause.empty()) {
      add("cause", "the scenario names no cause", fmt::format("cause = \"{}\"", folder));
    } else {
      add("cause",
          fmt::format("the cause is {}, but the scenario lies in the folder {}",
                      in_quotes(scenario_.cause), in_quotes(folder)),
          "the cause's name as the name of the folder");
    }
  }

  void check_explanation() {
    const Explanation& e = scenario_.explanation;
    const auto need = [&](std::string_view key, bool said) {
      if (!said)
        add("explain", fmt::format("[explain] has no `{}`", key),
            "story, user_sees, evidence, helps and does_not_help");
    };
    need("story", !e.story.empty());
    need("user_sees", !e.user_sees.empty());
    need("evidence", !e.evidence.empty());
    need("helps", !e.helps.empty());
    need("does_not_help", !e.does_not_help.empty());
  }

  void check_remedy() {
    if (scenario_.remedy_title.empty())
      add("", fmt::format("the remedy {} has no title", in_quotes(scenario_.remedy)),
          "title = \"What people do\"");
  }

  // Many causes have the same status; what tells them apart is the rest.
  void check_expectations() {
    const auto beyond_status = [](const std::map<std::string, Position>& keys) {
      return std::ranges::any_of(keys, [](const auto& key) { return key.first != "status"; });
    };
    const bool enough = beyond_status(scenario_.expect.positions) ||
                        std::ranges::any_of(scenario_.requests, [&](const Request& request) {
                          return beyond_status(request.expect.positions);
                        });
    if (!enough)
      add("expect", "nothing but a status is expected", "error_log, elapsed, attempts …");
  }

  const Scenario& scenario_;
  bool has_remedy_;
  std::vector<Diagnostic> found_;
};

}  // namespace

std::vector<Diagnostic> check_catalogue(std::span<const Scenario> scenarios) {
  std::vector<Diagnostic> out;
  std::set<std::string_view> cured;
  for (const Scenario& scenario : scenarios) {
    if (!scenario.remedy.empty()) cured.insert(scenario.file);
  }
  for (const Scenario& scenario : scenarios) {
    for (Diagnostic& diagnostic : Check(scenario, cured.contains(scenario.file)).run())
      out.push_back(std::move(diagnostic));
  }
  return out;
}

}  // namespace badgate::harness
