#include "harness/reproduce/search.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "harness/catalogue.h"
#include "harness/load.h"
#include "harness/reproduce/from_catalogue.h"
#include "harness/reproduce/pattern.h"
#include "harness/reproduce/recipe.h"
#include "harness/toml_text.h"

namespace badgate::harness::reproduce {
namespace {

using diagnosis::Suspect;
using evidence::Evidence;

// Where lines differ between versions of nginx: the oldest that is validated, and the first that
// keeps connections.
constexpr std::array<std::string_view, 2> kOtherVersions{"1.22.1", "1.31.5"};

struct Candidate {
  std::string scenario;
  std::function<std::optional<std::string>(const Frame&)> text;
};

std::string cause_of(std::string_view scenario) {
  return std::string(scenario.substr(0, scenario.find('/')));
}

Candidate of_recipe(const Fitting& fitting, const Evidence& line) {
  return {std::string(fitting.recipe->scenario),
          [fitting, &line](const Frame& frame) { return compose(fitting, line, frame); }};
}

Candidate of_catalogue(const std::string& scenario, const Evidence& line) {
  return {scenario, [scenario, &line](const Frame& frame) -> std::optional<std::string> {
            auto document = catalogue_document(scenario);
            if (!document) return std::nullopt;
            return laid_over(std::move(*document), frame, line.level);
          }};
}

// Whether what a scenario expects of the log has the message's shape.
bool is_shape_of(std::string expected, const std::string& message) {
  if (const auto level = expected.find("] "); expected.starts_with('[') && level != expected.npos)
    expected.erase(0, level + 2);
  for (auto at = expected.find('{'); at != expected.npos; at = expected.find('{')) {
    const auto end = expected.find('}', at);
    if (end == expected.npos) break;
    expected.replace(at, end - at + 1, "ADDRESS");
  }
  return !expected.empty() && timeless(message).starts_with(timeless(expected));
}

// All of the catalogue that expect such a line.
std::vector<std::string> scenarios_with(const std::string& message) {
  std::vector<std::string> out;
  const std::array<std::string, 1> folder{catalogue_folder()};
  for (const Scenario& scenario : load(folder).scenarios) {
    if (!scenario.remedy.empty()) continue;
    auto expected = scenario.expect.error_log_contains;
    if (scenario.expect.error_log)
      expected.insert(expected.end(), scenario.expect.error_log->begin(),
                      scenario.expect.error_log->end());
    if (std::any_of(expected.begin(), expected.end(),
                    [&](const std::string& text) { return is_shape_of(text, message); }))
      out.push_back(scenario.name);
  }
  return out;
}

// All of the catalogue that end so on HAProxy.
std::vector<std::string> scenarios_ending(const Evidence& line) {
  std::vector<std::string> out;
  const std::array<std::string, 1> folder{catalogue_folder()};
  const auto status = std::to_string(line.status.value_or(0));
  const bool named = !line.code.starts_with("--");
  for (const Scenario& scenario : load(folder).scenarios) {
    const auto on = scenario.on.find("haproxy");
    if (!scenario.remedy.empty() || on == scenario.on.end()) continue;
    const auto& text = on->second.text;
    const bool same_code = !named || text.find(line.code) != text.npos;
    // A client that gets nothing has no status in its own log.
    if (same_code && (line.status.value_or(0) < 100 || text.find(status) != text.npos || named))
      out.push_back(scenario.name);
  }
  return out;
}

class Search {
 public:
  Search(const Evidence& line, const Configured& configured, const SearchOptions& options)
      : line_(line), frame_(frame_of(line, configured)), options_(options) {}

  Found run() {
    found_.suspects = diagnosis::diagnose(line_);
    const bool has_recipes =
        line_.source == evidence::Source::nginx_error || frame_.is_configured();
    const auto fitting = has_recipes ? recipes_for(line_, frame_) : std::vector<Fitting>();
    for (const Suspect& suspect : found_.suspects)
      if (try_suspect(suspect, fitting)) return std::move(found_);
    for (const Fitting& f : fitting)
      if (attempt(of_recipe(f, line_))) return std::move(found_);
    if (frame_.is_configured() && !fitting.empty()) return std::move(found_);
    if (line_.source == evidence::Source::haproxy) {
      for (const std::string& scenario : scenarios_ending(line_))
        if (attempt(of_catalogue(scenario, line_))) return std::move(found_);
      return std::move(found_);
    }
    for (const std::string& scenario : scenarios_with(line_.message))
      if (attempt(of_catalogue(scenario, line_))) return std::move(found_);
    return std::move(found_);
  }

 private:
  bool try_suspect(const Suspect& suspect, const std::vector<Fitting>& fitting) {
    if (suspect.scenario.empty()) return false;
    for (const Fitting& f : fitting) {
      if (f.recipe->scenario == suspect.scenario && attempt(of_recipe(f, line_))) return true;
    }
    // The catalogue's servers are not those of a configuration.
    const bool only_recipes = frame_.is_configured() && !fitting.empty();
    return !only_recipes && attempt(of_catalogue(suspect.scenario, line_));
  }

  // True: the search is over.
  bool attempt(const Candidate& candidate) {
    if (!wanted(candidate) || found_.tried.size() >= options_.limit) return false;
    if (play_one(candidate, frame_)) return true;
    // Another version of nginx says the same at another level.
    for (const std::string_view version : kOtherVersions) {
      if (found_.tried.empty() || !is_of_version(found_.tried.back())) return false;
      Frame other = frame_;
      put(other.directives, {"nginx_version", toml_string(version), {}});
      if (play_one(candidate, other)) return true;
    }
    return found_.interrupted;
  }

  static bool is_of_version(const Attempt& attempt) {
    return attempt.differences.size() == 1 && attempt.differences.front().what == "level";
  }

  bool wanted(const Candidate& candidate) const {
    if (options_.cause.empty()) return true;
    if (candidate.scenario == options_.cause || cause_of(candidate.scenario) == options_.cause)
      return true;
    return std::any_of(found_.suspects.begin(), found_.suspects.end(), [&](const Suspect& s) {
      return s.scenario == candidate.scenario && s.row == options_.cause;
    });
  }

  bool play_one(const Candidate& candidate, const Frame& frame) {
    const auto text = candidate.text(frame);
    if (!text || !texts_.insert(*text).second) return false;
    Attempt attempt;
    attempt.scenario = candidate.scenario;
    attempt.text = *text;
    describe(attempt);
    const auto loaded =
        load_text("title = \"reproduction\"\n" + *text, "reproduction", "reproduction");
    if (loaded.ok()) {
      attempt.played = play(loaded.scenarios.front(), options_.run);
      attempt.problem = attempt.played.problem;
      compare(attempt);
    } else {
      attempt.problem = loaded.diagnostics.front().message;
    }
    found_.reproduced = attempt.same.has_value();
    found_.interrupted = attempt.played.interrupted;
    found_.tried.push_back(std::move(attempt));
    return found_.reproduced || found_.interrupted;
  }

  void describe(Attempt& attempt) const {
    attempt.cause = cause_of(attempt.scenario);
    for (const Suspect& suspect : found_.suspects) {
      if (suspect.scenario != attempt.scenario) continue;
      attempt.cause = suspect.cause;
      attempt.row = suspect.row;
      attempt.plain = suspect.plain;
      return;
    }
  }

  void compare(Attempt& attempt) const {
    int best = 0;
    const auto& lines = log_of(attempt.played, line_.source);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const auto got = evidence::read_line(lines[i].written);
      if (!got) continue;
      auto different = differences(line_, *got);
      const int score = likeness(line_, *got);
      if (attempt.nearest.empty() || score > best) {
        best = score;
        attempt.nearest = lines[i].written;
        attempt.differences = different;
      }
      if (!different.empty()) continue;
      attempt.same = i;
      return;
    }
  }

  const Evidence& line_;
  Frame frame_;
  const SearchOptions& options_;
  Found found_;
  std::set<std::string> texts_;
};

}  // namespace

Found search(const Evidence& line, const Configured& configured, const SearchOptions& options) {
  return Search(line, configured, options).run();
}

}  // namespace badgate::harness::reproduce
