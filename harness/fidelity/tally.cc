#include "harness/fidelity/tally.h"

#include <fmt/core.h>

#include <algorithm>

namespace badgate::harness::fidelity {
namespace {

// In total, by Aspect; and in each group.
constexpr std::array<double, kAspects.size()> kRequired{0.99, 0.97, 0.99, 0.97};
constexpr double kRequiredOfGroup = 0.90;
// In so many scenarios a single disagreement of a group is chance, however small the group.
constexpr std::size_t kMany = 100;
constexpr std::string_view kFastcgi = "fastcgi-";

}  // namespace

void Tally::add(const std::string& group, const Comparison& comparison) {
  Count& count = groups_[group];
  ++count.scenarios;
  for (std::size_t i = 0; i < kAspects.size(); ++i) {
    count.compared[i] += comparison.compared[i];
    count.different[i] += comparison.different[i];
  }
}

void Tally::add_skipped(const std::string& group) {
  ++groups_[group].skipped;
}

double Tally::share(const Count& count, std::size_t aspect) {
  const auto compared = static_cast<double>(count.compared[aspect]);
  return compared == 0 ? 1.0 : 1.0 - static_cast<double>(count.different[aspect]) / compared;
}

Tally::Count Tally::total(std::string_view prefix) const {
  Count total;
  for (const auto& [group, count] : groups_) {
    if (!group.starts_with(prefix)) continue;
    total.scenarios += count.scenarios;
    total.skipped += count.skipped;
    for (std::size_t i = 0; i < kAspects.size(); ++i) {
      total.compared[i] += count.compared[i];
      total.different[i] += count.different[i];
    }
  }
  return total;
}

std::string Tally::table() const {
  const auto line = [](std::string_view name, const Count& count) {
    std::string text = fmt::format("{:<28} {:>6} {:>8}", name, count.scenarios, count.skipped);
    for (std::size_t i = 0; i < kAspects.size(); ++i) {
      text += fmt::format("  {:>5}/{:<5} {:>6.2f}%", count.compared[i] - count.different[i],
                          count.compared[i], 100 * share(count, i));
    }
    return text + "\n";
  };
  std::string text = fmt::format("{:<28} {:>6} {:>8}", "group", "played", "skipped");
  for (const Aspect aspect : kAspects)
    text += fmt::format("  {:>19}", to_string(aspect));
  text += "\n";
  for (const auto& [group, count] : groups_)
    text += line(group, count);
  const Count fastcgi = total(kFastcgi);
  if (fastcgi.scenarios > 0) text += line("all of FastCGI", fastcgi);
  return text + line("all", total(""));
}

bool Tally::sufficient() const {
  const Count all = total("");
  const Count fastcgi = total(kFastcgi);
  if (all.scenarios == 0) return false;
  const std::size_t chance = all.scenarios >= kMany ? 1 : 0;
  const auto enough = [chance](const Count& count, std::size_t aspect, double required) {
    return count.different[aspect] <= chance || share(count, aspect) >= required;
  };
  for (std::size_t i = 0; i < kAspects.size(); ++i) {
    if (share(all, i) < kRequired[i] || !enough(fastcgi, i, kRequired[i])) return false;
    const bool each = std::all_of(groups_.begin(), groups_.end(), [&](const auto& entry) {
      return enough(entry.second, i, kRequiredOfGroup);
    });
    if (!each) return false;
  }
  return true;
}

}  // namespace badgate::harness::fidelity
