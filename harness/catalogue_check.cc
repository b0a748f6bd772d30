#include "harness/catalogue_check.h"

#include <fmt/core.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace badgate::harness {
namespace {

class Check {
 public:
  explicit Check(const Scenario& scenario) : scenario_(scenario) {}

  std::vector<Diagnostic> run() && {
    if (scenario_.remedy.empty()) {
      check_cause();
      check_explanation();
      if (scenario_.rows.empty())
        add("rows", "the scenario names no row of the catalogue of causes", "rows = [\"D1\"]");
    } else {
      check_remedy();
    }
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

  const Scenario& scenario_;
  std::vector<Diagnostic> found_;
};

}  // namespace

std::vector<Diagnostic> check_catalogue(std::span<const Scenario> scenarios) {
  std::vector<Diagnostic> out;
  for (const Scenario& scenario : scenarios) {
    for (Diagnostic& diagnostic : Check(scenario).run())
      out.push_back(std::move(diagnostic));
  }
  return out;
}

}  // namespace badgate::harness
