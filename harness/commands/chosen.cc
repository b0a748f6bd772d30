#include "harness/commands/chosen.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <set>

#include "harness/commands/results.h"
#include "harness/cost.h"
#include "harness/diagnostics.h"
#include "harness/reports/read_report.h"
#include "harness/shards.h"

namespace badgate::harness::commands {
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

// By name, and the files that they are in.
struct Failed {
  std::set<std::string> names;
  std::vector<std::string> files;
};

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
    if (!is_to_run_again(one)) continue;
    failed.names.insert(one.name);
    if (std::ranges::find(failed.files, one.file) == failed.files.end())
      failed.files.push_back(one.file);
  }
  if (failed.names.empty()) fmt::print(stderr, "badgate: nothing failed in {}\n", file);
  return failed;
}

// Returns how many.
std::size_t say_gone(const std::set<std::string>& names, const std::vector<Scenario>& scenarios) {
  std::size_t gone = 0;
  for (const auto& name : names) {
    if (std::ranges::find(scenarios, name, &Scenario::name) != scenarios.end()) continue;
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

std::optional<Selected> select_failed(Selection selection, const std::string& file) {
  const auto failed = failed_in(file);
  if (!failed) return std::nullopt;
  if (failed->names.empty()) return Selected();
  if (selection.paths.empty()) selection.paths = failed->files;
  auto scenarios = select(selection);
  if (!scenarios) return std::nullopt;
  std::erase_if(*scenarios, [&](const Scenario& s) { return !failed->names.contains(s.name); });
  const std::size_t gone = say_gone(failed->names, *scenarios);
  if (scenarios->empty()) {
    fmt::print(stderr, "badgate: nothing of what failed in {} is here\n", file);
    return std::nullopt;
  }
  return Selected{std::move(*scenarios), gone};
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
