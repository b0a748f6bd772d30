#include "harness/change/sweep_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "harness/change/report.h"
#include "harness/printable.h"
#include "harness/reports/text.h"
#include "net/text.h"

namespace badgate::harness::change {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kWidth = 98;

std::map<std::size_t, std::vector<Answer>> by_request(const Seen& seen) {
  std::map<std::size_t, std::vector<Answer>> out;
  for (const Answer& answer : seen.answers)
    out[answer.request].push_back(answer);
  return out;
}

// "504 after 1m"; of several requests "1. 200; 2. 504 after 1m".
std::string text_of(const Seen& seen) {
  if (!seen.broken.empty() || !seen.skipped.empty() || !seen.start_error.empty())
    return outcome_text(seen) + (seen.start_error.empty() ? "" : ": " + seen.start_error);
  const auto twice = seen.executed > seen.answers.size() ? ", executed " + how_often(seen.executed)
                                                         : std::string();
  const auto requests = by_request(seen);
  std::vector<std::string> texts;
  for (const auto& [request, answers] : requests) {
    const auto text = to_text(answers, answers);
    texts.push_back(requests.size() > 1 ? fmt::format("{}. {}", request + 1, text) : text);
  }
  return texts.empty() ? "no answer" : net::join(texts, "; ") + twice;
}

Harm harm_of(const Seen& seen) {
  auto harm = seen.start_error.empty() ? Harm::good : Harm::down;
  for (const Answer& answer : seen.answers)
    harm = std::max(harm, harm_of(answer));
  return harm;
}

std::string painted(const std::string& text, const SweepPoint& point, bool colour) {
  if (!colour) return text;
  const bool played = point.seen.skipped.empty() && point.seen.broken.empty();
  const auto harm = harm_of(point.seen);
  const auto* code = !played ? "2" : harm == Harm::good ? "32" : harm == Harm::error ? "33" : "31";
  return reports::painted(text, code, true);
}

ordered_json json_of(const SweepPoint& point, Unit unit) {
  ordered_json j;
  j["value"] = shown(point.value, unit);
  if (unit != Unit::word) j["amount"] = point.value.amount;
  j["outcome"] = outcome_text(point.seen);
  j["answers"] = ordered_json::array();
  for (const Answer& answer : point.seen.answers) {
    j["answers"].push_back({{"request", answer.request + 1},
                            {"status", answer.status},
                            {"completeness", to_string(answer.completeness)},
                            {"left", answer.left},
                            {"elapsed", std::chrono::duration<double>(answer.elapsed).count()},
                            {"tries", answer.tries}});
  }
  j["executed"] = point.seen.executed;
  return j;
}

std::string unit_name(Unit unit) {
  switch (unit) {
    case Unit::time:
      return "milliseconds";
    case Unit::size:
      return "bytes";
    case Unit::number:
      return "number";
    case Unit::word:
      break;
  }
  return "word";
}

}  // namespace

std::string to_text(const Threshold& threshold, Unit unit) {
  return fmt::format("below {} {}, from there on {}", shown(threshold.from.value, unit),
                     outcome_text(threshold.below.seen), outcome_text(threshold.from.seen));
}

std::string to_text(const Scenario& scenario, const Sweep& sweep, bool colour) {
  std::string out = fmt::format("{}  {}\n", scenario.name, printable(scenario.title, kWidth));
  if (!sweep.own_value.empty())
    out += fmt::format("It has {} = {}.\n", sweep.name, printable(sweep.own_value));
  std::size_t width = sweep.name.size();
  for (const SweepPoint& point : sweep.points)
    width = std::max(width, glyphs(shown(point.value, sweep.unit)).size());
  out += fmt::format("\n{:>{}}  what comes of it\n", sweep.name, width);
  std::string refused;
  for (const SweepPoint& point : sweep.points) {
    auto text = text_of(point.seen);
    if (point.seen.answers.empty() && std::exchange(refused, text) == text) text = "likewise";
    out += fmt::format("{:>{}}  {}\n", printable(shown(point.value, sweep.unit)), width,
                       painted(printable(text), point, colour));
  }
  out += "\n";
  for (const Threshold& threshold : sweep.thresholds)
    out += fmt::format("{}: {}\n", sweep.name, to_text(threshold, sweep.unit));
  if (sweep.more_thresholds) out += "It changes more often; vary it within a narrower range.\n";
  if (sweep.thresholds.empty() && sweep.unit != Unit::word)
    out += "All of these values come to the same.\n";
  return out;
}

std::string to_json(const Scenario& scenario, const Sweep& sweep) {
  ordered_json j = {{"scenario", scenario.name},
                    {"title", scenario.title},
                    {"vary", sweep.name},
                    {"unit", unit_name(sweep.unit)},
                    {"own_value", sweep.own_value}};
  j["points"] = ordered_json::array();
  for (const SweepPoint& point : sweep.points)
    j["points"].push_back(json_of(point, sweep.unit));
  j["thresholds"] = ordered_json::array();
  for (const Threshold& threshold : sweep.thresholds) {
    j["thresholds"].push_back({{"below", json_of(threshold.below, sweep.unit)},
                               {"from", json_of(threshold.from, sweep.unit)}});
  }
  return j.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace badgate::harness::change
