#include "harness/change/difference.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <map>

namespace badgate::harness::change {
namespace {

using namespace std::chrono_literals;

constexpr net::Duration kRealNoise = 2s;  // of a machine that has other things to do
// Of many requests that are at work at the same time, chance decides for some.
constexpr std::size_t kMany = 20;
constexpr std::size_t kChancePart = 100;

using Answers = std::map<std::size_t, std::vector<Answer>>;

Answers by_request(const std::vector<Answer>& answers) {
  Answers out;
  for (const Answer& answer : answers)
    out[answer.request].push_back(answer);
  for (auto& [request, list] : out)
    std::ranges::stable_sort(list, more_harmful);
  return out;
}

Judgement strongest(Judgement a, Judgement b) {
  return std::max(a, b);
}

// Of many, how many come to harm counts before how long the others wait: worst harm first.
Judgement judge_shares(const std::vector<Answer>& before, const std::vector<Answer>& after,
                       std::size_t chance) {
  const auto from = [](const std::vector<Answer>& answers, Harm harm) {
    return static_cast<std::size_t>(
        std::ranges::count_if(answers, [&](const Answer& a) { return harm_of(a) >= harm; }));
  };
  for (const Harm harm : {Harm::cut, Harm::nothing, Harm::error}) {
    const auto first = from(before, harm);
    const auto second = from(after, harm);
    if (second > first + chance) return Judgement::worse;
    if (first > second + chance) return Judgement::better;
  }
  return Judgement::unchanged;
}

// The most harmful of one with the most harmful of the other, and so on: which of several equal
// requests it was that came to harm does not matter.
Judgement judge_all(const std::vector<Answer>& before, const std::vector<Answer>& after,
                    net::Duration noise) {
  const auto common = std::min(before.size(), after.size());
  std::map<Judgement, std::size_t> count;
  for (std::size_t i = 0; i < common; ++i)
    ++count[judge(before[i], after[i], noise)];
  const auto chance = common > kMany ? common / kChancePart : 0;
  if (common > kMany && before.size() == after.size()) {
    const auto shares = judge_shares(before, after, chance);
    if (shares != Judgement::unchanged) return shares;
  }
  auto result = Judgement::unchanged;
  for (const auto& [judgement, times] : count) {
    if (times > chance) result = strongest(result, judgement);
  }
  // A request that was never made waited for one that was never answered.
  if (after.size() < before.size()) return Judgement::worse;
  if (after.size() > before.size()) return strongest(result, Judgement::better);
  return result;
}

Harm worst_of(const std::vector<Answer>& answers) {
  return answers.empty() ? Harm::nothing : harm_of(answers.front());
}

std::uint64_t beyond(std::uint64_t executed, std::size_t requests) {
  return executed > requests ? executed - requests : 0;
}

bool all_may_be_repeated(const Scenario& scenario) {
  return std::ranges::all_of(
             scenario.requests,
             [](const Request& request) { return may_be_repeated(request.method); }) &&
         (!scenario.load || may_be_repeated(scenario.load->request.method));
}

Judgement judge_executions(const ScenarioDifference& difference, std::size_t requests) {
  if (difference.executed_before == difference.executed_after) return Judgement::unchanged;
  const auto before = beyond(difference.executed_before, requests);
  const auto after = beyond(difference.executed_after, requests);
  if (before == after || difference.may_be_repeated) return Judgement::other;
  return after > before ? Judgement::worse : Judgement::better;
}

void compare_requests(const Seen& before, const Seen& after, ScenarioDifference& into) {
  const auto noise = before.real_clock || after.real_clock ? kRealNoise : net::Duration{};
  auto first = by_request(before.answers);
  auto second = by_request(after.answers);
  for (const auto& [request, unused] : second)
    first.try_emplace(request);
  for (auto& [request, answers] : first) {
    RequestDifference row{.request = request,
                          .judgement = judge_all(answers, second[request], noise),
                          .before = std::move(answers),
                          .after = std::move(second[request])};
    if (row.judgement == Judgement::better || row.judgement == Judgement::worse)
      into.harm = std::max({into.harm, worst_of(row.before), worst_of(row.after)});
    into.judgement = strongest(into.judgement, row.judgement);
    into.requests.push_back(std::move(row));
  }
}

// One of the two does not start.
void compare_starts(ScenarioDifference& into) {
  const bool before = into.refused_before.empty();
  const bool after = into.refused_after.empty();
  if (before == after) {
    if (into.refused_before != into.refused_after) into.judgement = Judgement::other;
    return;
  }
  into.harm = Harm::down;
  into.judgement = before ? Judgement::worse : Judgement::better;
}

void compare_executions(const Seen& before, const Seen& after, ScenarioDifference& into) {
  into.executed_before = before.executed;
  into.executed_after = after.executed;
  // Of a load some are done once more or less by chance.
  const auto requests = std::max(before.answers.size(), after.answers.size());
  into.executions = requests > kMany && into.may_be_repeated ? Judgement::unchanged
                                                             : judge_executions(into, requests);
  if (into.executions == Judgement::better || into.executions == Judgement::worse) {
    into.harm = Harm::repeated;
    into.judgement = into.executions;
  } else {
    into.judgement = strongest(into.judgement, into.executions);
  }
}

}  // namespace

ScenarioDifference difference_of(const Scenario& scenario, const Seen& before, const Seen& after) {
  ScenarioDifference difference;
  for (const Seen* seen : {&before, &after}) {
    if (difference.not_played.empty()) difference.not_played = seen->skipped;
    if (difference.broken.empty()) difference.broken = seen->broken;
  }
  if (!difference.broken.empty()) difference.not_played = difference.broken;
  if (!difference.not_played.empty()) return difference;
  difference.refused_before = before.start_error;
  difference.refused_after = after.start_error;
  difference.may_be_repeated = all_may_be_repeated(scenario);
  if (before.start_error.empty() && after.start_error.empty()) {
    compare_requests(before, after, difference);
    compare_executions(before, after, difference);
  } else {
    compare_starts(difference);
  }
  return difference;
}

}  // namespace badgate::harness::change
