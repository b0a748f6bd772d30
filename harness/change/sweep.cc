#include "harness/change/sweep.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <utility>

#include "harness/change/comparison.h"
#include "harness/change/report.h"
#include "harness/scenario_needs.h"
#include "harness/workers.h"
#include "net/text.h"

namespace badgate::harness::change {
namespace {

constexpr std::size_t kMostThresholds = 8;
constexpr std::size_t kMany = 20;  // answers: some end otherwise by chance

Seen play_one(const Varied& varied, const Value& value, Unit unit, std::uint64_t seed,
              int interrupt_fd) {
  Seen seen;
  auto scenario = varied.with(value, unit);
  if (!scenario) {
    seen.skipped = scenario.error().message;
  } else if (auto words = contradiction_in(*scenario);
             !words.empty() && !scenario->expect.start_error) {
    seen.start_error = std::move(words);
  } else {
    seen = play_under(std::move(*scenario), {}, seed, interrupt_fd);
  }
  return seen;
}

net::Result<void> play_points(const Varied& varied, Unit unit, const SweepOptions& options,
                              const std::vector<SweepPoint*>& points) {
  Workers workers;
  workers.jobs = options.jobs;
  workers.tasks = points.size();
  workers.work = [&](std::size_t i, int interrupt_fd) {
    return to_json(play_one(varied, points[i]->value, unit, options.seed, interrupt_fd));
  };
  std::vector<bool> alone;
  for (const SweepPoint* point : points) {
    const auto scenario = varied.with(point->value, unit);
    alone.push_back(scenario && needs_own_process(*scenario));
  }
  workers.alone = [&](std::size_t i) { return alone[i]; };
  workers.on_result = [&](std::size_t i, std::string result, std::string how_died) {
    auto seen = seen_from_json(result);
    if (!how_died.empty()) {
      points[i]->seen.broken = "the process that played it " + how_died;
    } else if (!seen) {
      points[i]->seen.broken = seen.error().message;
    } else {
      points[i]->seen = std::move(*seen);
    }
    return true;
  };
  return run_workers(workers);
}

bool played(const SweepPoint& point) {
  return point.seen.skipped.empty() && point.seen.broken.empty();
}

bool differ(const SweepPoint& a, const SweepPoint& b) {
  return outcome_text(a.seen) != outcome_text(b.seen);
}

// Two values, between which the outcome changes at least once.
struct Gap {
  SweepPoint low;
  SweepPoint high;
};

std::vector<Gap> gaps_in(const std::vector<SweepPoint>& points) {
  std::vector<Gap> gaps;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const auto& low = points[i];
    const auto& high = points[i + 1];
    if (played(low) && played(high) && differ(low, high)) gaps.push_back({low, high});
  }
  return gaps;
}

// The first change in each of the gaps; all of them at a time, one step each.
net::Result<std::vector<Threshold>> bisect(const Varied& varied, const SweepOptions& options,
                                           Unit unit, std::int64_t step,
                                           const std::vector<Gap>& gaps) {
  std::vector<Threshold> thresholds;
  for (const Gap& gap : gaps)
    thresholds.push_back({gap.low, gap.high});
  while (true) {
    std::vector<std::pair<Threshold*, SweepPoint>> middles;
    for (Threshold& threshold : thresholds) {
      const auto low = threshold.below.value.amount / step;
      const auto high = threshold.from.value.amount / step;
      if (high - low > 1)
        middles.emplace_back(&threshold, SweepPoint{.value = {.amount = (low + high) / 2 * step}});
    }
    if (middles.empty()) return thresholds;
    std::vector<SweepPoint*> points;
    for (auto& [threshold, middle] : middles)
      points.push_back(&middle);
    if (auto done = play_points(varied, unit, options, points); !done)
      return tl::unexpected(done.error());
    for (auto& [threshold, middle] : middles) {
      const bool lower = played(middle) && !differ(middle, threshold->below);
      (lower ? threshold->below : threshold->from) = std::move(middle);
    }
  }
}

// Behind the first change in a gap there may be others.
net::Result<void> find_thresholds(const Varied& varied, const SweepOptions& options,
                                  std::int64_t step, Sweep& sweep) {
  auto gaps = gaps_in(sweep.points);
  while (!gaps.empty()) {
    const auto room = kMostThresholds - sweep.thresholds.size();
    sweep.more_thresholds |= gaps.size() > room;
    gaps.resize(std::min(gaps.size(), room));
    auto found = bisect(varied, options, sweep.unit, step, gaps);
    if (!found) return tl::unexpected(found.error());
    std::vector<Gap> rest;
    for (std::size_t i = 0; i < gaps.size(); ++i) {
      const SweepPoint& from = (*found)[i].from;
      if (played(from) && differ(from, gaps[i].high)) rest.push_back({from, gaps[i].high});
      sweep.thresholds.push_back(std::move((*found)[i]));
    }
    gaps = std::move(rest);
  }
  std::ranges::sort(sweep.thresholds, {},
                    [](const Threshold& threshold) { return threshold.from.value.amount; });
  return {};
}

}  // namespace

std::int64_t finest_step(const Varied& varied, Unit unit, const Value& value) {
  constexpr std::int64_t second = 1000;
  if (unit != Unit::time || value.amount % second != 0) return 1;
  const bool whole_only =
      varied.with(value, unit) && !varied.with({.amount = value.amount + 1}, unit);
  return whole_only ? second : 1;
}

std::string outcome_text(const Seen& seen) {
  if (!seen.broken.empty()) return "not played: " + seen.broken;
  if (!seen.skipped.empty()) return "not played: " + seen.skipped;
  if (!seen.start_error.empty()) return "does not start";
  std::map<std::string, std::size_t> count;
  for (const Answer& answer : seen.answers)
    ++count[what(answer)];
  const auto all = seen.answers.size();
  std::vector<std::string> texts;
  for (const auto& [text, times] : count) {
    if (all >= kMany && times * 100 < all) continue;
    const bool several = all < kMany && all > 1 && count.size() > 1;
    texts.push_back(several ? fmt::format("{} ×{}", text, times) : text);
  }
  return texts.empty() ? "no answer" : net::join(texts, ", ");
}

net::Result<void> play(const Varied& varied, const SweepOptions& options, Sweep& sweep) {
  std::vector<SweepPoint*> points;
  for (SweepPoint& point : sweep.points)
    points.push_back(&point);
  if (auto done = play_points(varied, sweep.unit, options, points); !done) return done;
  if (sweep.unit == Unit::word) return {};
  return find_thresholds(varied, options,
                         finest_step(varied, sweep.unit, sweep.points.front().value), sweep);
}

}  // namespace badgate::harness::change
