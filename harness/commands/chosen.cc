#include "harness/commands/chosen.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "harness/commands/results.h"
#include "harness/cost.h"
#include "harness/diagnostics.h"
#include "harness/reports/read_report.h"
#include "harness/shards.h"

namespace badgate::harness::commands {

namespace fs = std::filesystem;

namespace {

// Where --rerun-failed looks if neither it nor --report names a file.
constexpr std::string_view kUsualFile = "badgate-report.json";

std::optional<unsigned> number_of(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<reports::Shard> shard_in(std::string_view text) {
  const auto slash = std::min(text.find('/'), text.size());
  const auto number = number_of(text.substr(0, slash));
  const auto of = number_of(text.substr(std::min(text.size(), slash + 1)));
  if (!number || !of || *number < 1 || *number > *of || *of > kMostShards) return std::nullopt;
  return reports::Shard{*number, *of};
}

// The last JSON report is the one that this run is about to replace.
std::string file_to_rerun(const std::string& given, const std::vector<reports::Target>& targets) {
  if (given != kLastReport) return given;
  for (const auto& target : targets) {
    if (target.format == "json" && !target.file.empty()) return target.file;
  }
  return std::string(kUsualFile);
}

// By name, each with the file that it is in.
using Failed = std::map<std::string, std::string>;

// What --fail-fast left out may fail as well.
bool is_to_run_again(const reports::Case& one) {
  return one.state == Verdict::State::failed || one.state == Verdict::State::broken ||
         one.reason.starts_with(kNotRun);
}

std::optional<Failed> failed_in(const std::string& file) {
  const auto report = reports::read_report(file);
  if (!report) {
    fmt::print(stderr, "badgate: --rerun-failed: {}\n", report.error().message);
    return std::nullopt;
  }
  Failed failed;
  for (const auto& one : report->cases) {
    if (is_to_run_again(one)) failed.emplace(one.name, one.file);
  }
  if (failed.empty()) fmt::print(stderr, "badgate: nothing failed in {}\n", file);
  return failed;
}

// What is not there any more is told by say_gone().
std::vector<std::string> files_that_exist(const Failed& failed) {
  std::set<std::string> files;
  for (const auto& [name, file] : failed) {
    if (std::error_code ignored; fs::exists(file, ignored)) files.insert(file);
  }
  return {files.begin(), files.end()};
}

bool lies_in(const std::string& file, const std::string& folder) {
  const auto whole = fs::absolute(file).lexically_normal();
  const auto start = fs::absolute(folder + "/").lexically_normal().parent_path();
  return std::mismatch(start.begin(), start.end(), whole.begin(), whole.end()).first == start.end();
}

// Returns how many of those in `paths` (all, if there are none) are not among `scenarios`.
std::size_t say_gone(const Failed& failed, const std::vector<std::string>& paths,
                     const std::vector<Scenario>& scenarios) {
  std::size_t gone = 0;
  for (const auto& [name, file] : failed) {
    if (std::ranges::find(scenarios, name, &Scenario::name) != scenarios.end()) continue;
    const auto holds = [&](const std::string& path) { return lies_in(file, path); };
    if (!paths.empty() && std::ranges::none_of(paths, holds)) continue;
    fmt::print(stderr, "badgate: {} has failed, and is not here any more\n", name);
    ++gone;
  }
  return gone;
}

struct Selected {
  std::vector<Scenario> scenarios;
  std::size_t gone = 0;
};

std::optional<Selected> select_all(const Selection& selection) {
  auto scenarios = select(selection);
  if (!scenarios) return std::nullopt;
  return Selected{std::move(*scenarios), 0};
}

std::optional<Selected> select_failed(const Selection& selection, const std::string& file) {
  const auto failed = failed_in(file);
  if (!failed) return std::nullopt;
  if (failed->empty()) return Selected();
  const auto paths = selection.paths.empty() ? files_that_exist(*failed) : selection.paths;
  std::vector<Scenario> scenarios;
  if (!paths.empty()) {
    auto loaded = select({paths, {}});
    if (!loaded) return std::nullopt;
    scenarios = std::move(*loaded);
  }
  const std::size_t gone = say_gone(*failed, selection.paths, scenarios);
  std::erase_if(scenarios, [&](const Scenario& scenario) {
    return !failed->contains(scenario.name) || !selection.filter.passes(scenario);
  });
  if (!scenarios.empty()) return Selected{std::move(scenarios), gone};
  if (gone == 0) {
    fmt::print(stderr, "badgate: nothing of what failed in {} was chosen\n", file);
    return Selected();
  }
  fmt::print(stderr, "badgate: nothing of what failed in {} is here\n", file);
  return std::nullopt;
}

// Setting a scenario up costs about as much as five requests.
Costed cost_of(const Scenario& scenario, bool real_time) {
  const auto cost = std::chrono::milliseconds(1) + expected_cost(scenario, real_time);
  return {scenario.name, std::chrono::duration<double>(cost).count()};
}

Chosen take_shard(std::vector<Scenario> scenarios, const std::optional<reports::Shard>& shard,
                  bool real_time) {
  std::vector<Costed> costs;
  for (const Scenario& scenario : scenarios)
    costs.push_back(cost_of(scenario, real_time));
  const auto shards = divide(costs, shard ? shard->of : 1);
  Chosen chosen;
  chosen.selected = scenarios.size();
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    if (shard && shards[i] + 1 != shard->number) continue;
    chosen.scenarios.push_back(std::move(scenarios[i]));
    chosen.places.push_back(i);
  }
  return chosen;
}

}  // namespace

std::optional<reports::Shard> Narrowing::parsed_shard() const {
  return shard_in(shard);
}

void add_narrowing(CLI::App& command, Narrowing& narrowing) {
  command
      .add_option("--shard", narrowing.shard, "The K-th of N parts that take about the same time")
      ->check(CLI::Validator(
          [](const std::string& text) {
            if (shard_in(text)) return std::string();
            return fmt::format(
                "{} is no shard: expected K/N, as 2/4, with K from 1 to N and N up to {}",
                in_quotes(text), kMostShards);
          },
          ""))
      ->option_text("K/N");
  command
      .add_flag("--rerun-failed", narrowing.rerun_failed,
                "Only what failed in that JSON report (default:\n"
                "that of --report json:FILE; badgate-report.json)")
      ->option_text("[=FILE]");
}

std::optional<Chosen> choose_scenarios(const Selection& selection, const Narrowing& narrowing,
                                       const std::vector<reports::Target>& targets,
                                       bool real_time) {
  auto selected = narrowing.rerun_failed.empty()
                      ? select_all(selection)
                      : select_failed(selection, file_to_rerun(narrowing.rerun_failed, targets));
  if (!selected) return std::nullopt;
  auto chosen = take_shard(std::move(selected->scenarios), narrowing.parsed_shard(), real_time);
  chosen.gone = selected->gone;
  return chosen;
}

}  // namespace badgate::harness::commands
