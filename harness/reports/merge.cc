#include "harness/reports/merge.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

namespace badgate::harness::reports {
namespace {

struct Trait {
  std::string_view name;
  std::string (*of)(const RunReport& report);
};

std::string shards_of(const RunReport& r) {
  return r.shard ? fmt::format("one of {} shards", r.shard->of) : "no shard";
}

// What all parts of one run have in common.
constexpr Trait kTraits[] = {
    {"version of badgate", [](const RunReport& r) { return r.badgate; }},
    {"proxy", [](const RunReport& r) { return r.proxy; }},
    {"version of the proxy", [](const RunReport& r) { return r.proxy_version; }},
    {"seed", [](const RunReport& r) { return std::to_string(r.seed); }},
    {"clock", [](const RunReport& r) { return r.clock; }},
    {"division", shards_of},
};

net::Result<void> of_one_run(const std::vector<NamedReport>& reports) {
  const NamedReport& first = reports.front();
  for (const NamedReport& other : reports) {
    for (const Trait& trait : kTraits) {
      const auto here = trait.of(first.report);
      const auto there = trait.of(other.report);
      if (here == there) continue;
      return net::fail(fmt::format("they are not of one run: the {} is {} in {}, and {} in {}",
                                   trait.name, here, first.name, there, other.name));
    }
    if (first.report.shard && first.report.selected != other.report.selected) {
      return net::fail(fmt::format(
          "they are not shards of one selection: {} is of {} scenarios and remedies, {} of {}",
          first.name, first.report.selected, other.name, other.report.selected));
    }
  }
  return {};
}

net::Result<void> no_case_twice(const std::vector<NamedReport>& reports) {
  std::map<std::string, std::string> seen;
  for (const NamedReport& one : reports) {
    for (const Case& c : one.report.cases) {
      const auto [at, is_new] = seen.emplace(c.name, one.name);
      if (is_new) continue;
      return net::fail(
          fmt::format("they overlap: {} is in {} and in {}", c.name, at->second, one.name));
    }
  }
  return {};
}

using Numbered = std::map<std::size_t, const Case*>;

// The first number that no case has.
std::size_t first_lost(const Numbered& cases) {
  std::size_t number = 0;
  for (const auto& [index, one] : cases) {
    if (index != number) break;
    ++number;
  }
  return number;
}

net::Result<void> none_lost(const Numbered& cases, std::size_t selected) {
  if (cases.size() == selected) return {};
  const std::size_t lost = first_lost(cases);
  const auto before = cases.find(lost - 1);
  return net::fail(fmt::format(
      "no shard is missing, and yet {} of {} scenarios and remedies are in none: first number {}{}",
      selected - cases.size(), selected, lost + 1,
      before == cases.end() ? "" : fmt::format(", behind {}", before->second->name)));
}

// Where a shard's file has lost cases, or is of other scenarios, the numbers do not add up.
net::Result<void> each_number_once(const std::vector<NamedReport>& reports, bool all_are_here) {
  const std::size_t selected = reports.front().report.selected;
  Numbered cases;
  for (const NamedReport& one : reports) {
    for (const Case& c : one.report.cases) {
      if (c.index >= selected)
        return net::fail(fmt::format("{} has number {} of {} scenarios and remedies: {}", one.name,
                                     c.index + 1, selected, c.name));
      const auto [same, is_new] = cases.emplace(c.index, &c);
      if (is_new) continue;
      return net::fail(
          fmt::format("they are not shards of one selection: number {} is {}, and in {} it is {}",
                      c.index + 1, same->second->name, one.name, c.name));
    }
  }
  return all_are_here ? none_lost(cases, selected) : net::Result<void>();
}

net::Result<void> all_that_was_selected(const std::vector<NamedReport>& reports) {
  for (const NamedReport& one : reports) {
    const RunReport& report = one.report;
    if (!report.complete || report.cases.size() == report.selected) continue;
    return net::fail(fmt::format("{} is of {} scenarios and remedies, and has {}", one.name,
                                 report.selected, report.cases.size()));
  }
  return {};
}

std::vector<std::string> missing_shards(const std::vector<NamedReport>& reports) {
  if (!reports.front().report.shard) return {};
  std::set<unsigned> numbers;
  for (const NamedReport& one : reports)
    numbers.insert(one.report.shard->number);
  std::vector<std::string> missing;
  const unsigned of = reports.front().report.shard->of;
  for (unsigned number = 1; number <= of; ++number) {
    if (!numbers.contains(number)) missing.push_back(fmt::format("shard {}/{}", number, of));
  }
  return missing;
}

}  // namespace

net::Result<Merged> merge(std::vector<NamedReport> reports) {
  if (reports.empty()) return net::fail("there is nothing to merge");
  if (auto ok = of_one_run(reports); !ok) return net::fail(ok.error().message);
  if (auto ok = no_case_twice(reports); !ok) return net::fail(ok.error().message);
  Merged merged;
  merged.missing = missing_shards(reports);
  const bool sharded = reports.front().report.shard.has_value();
  const auto whole =
      sharded ? each_number_once(reports, merged.missing.empty()) : all_that_was_selected(reports);
  if (!whole) return net::fail(whole.error().message);
  RunReport& all = merged.report;
  all = reports.front().report;
  all.shard.reset();
  all.cases.clear();
  all.selected = sharded ? all.selected : 0;
  all.complete = merged.missing.empty();
  for (NamedReport& one : reports) {
    // Shards run side by side.
    all.wall = std::max(all.wall, one.report.wall);
    all.complete &= one.report.complete;
    if (!sharded) all.selected += one.report.selected;
    std::ranges::move(one.report.cases, std::back_inserter(all.cases));
  }
  if (sharded) std::ranges::stable_sort(all.cases, {}, &Case::index);
  return merged;
}

}  // namespace badgate::harness::reports
