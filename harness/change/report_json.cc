#include <chrono>
#include <nlohmann/json.hpp>

#include "harness/change/report.h"

namespace badgate::harness::change {
namespace {

using nlohmann::ordered_json;

double seconds(net::Duration time) {
  return std::chrono::duration<double>(time).count();
}

// Those that are alike together.
ordered_json json_of(const std::vector<Answer>& answers) {
  auto out = ordered_json::array();
  for (const Kind& kind : kinds_of(answers)) {
    out.push_back({{"status", kind.first.status},
                   {"completeness", to_string(kind.first.completeness)},
                   {"left", kind.first.left},
                   {"harm", to_string(harm_of(kind.first))},
                   {"times", kind.times},
                   {"shortest", seconds(kind.shortest)},
                   {"longest", seconds(kind.longest)},
                   {"tries", kind.tries}});
  }
  return out;
}

ordered_json json_of(const Scenario& scenario, const RequestDifference& row) {
  const bool load = scenario.load.has_value();
  const bool known = load || row.request < scenario.requests.size();
  ordered_json j = {{"request", row.request + 1}};
  if (known) {
    const Request& request = load ? scenario.load->request : scenario.requests[row.request];
    j["method"] = request.method;
    j["path"] = request.path;
  }
  j["judgement"] = to_string(row.judgement);
  j["before"] = json_of(row.before);
  j["after"] = json_of(row.after);
  return j;
}

ordered_json json_of(const Scenario& scenario, const ScenarioDifference& one, bool all) {
  ordered_json j = {{"name", scenario.name}, {"title", scenario.title}};
  if (!one.not_played.empty()) {
    j["not_played"] = one.not_played;
    return j;
  }
  j["judgement"] = to_string(one.judgement);
  j["harm"] = to_string(one.harm);
  j["requests"] = ordered_json::array();
  for (const RequestDifference& row : one.requests) {
    if (all || row.judgement != Judgement::unchanged)
      j["requests"].push_back(json_of(scenario, row));
  }
  j["executed"] = {{"judgement", to_string(one.executions)},
                   {"before", one.executed_before},
                   {"after", one.executed_after},
                   {"may_be_repeated", one.may_be_repeated}};
  if (!one.refused_before.empty()) j["refused_before"] = one.refused_before;
  if (!one.refused_after.empty()) j["refused_after"] = one.refused_after;
  return j;
}

ordered_json json_of(const std::vector<Scenario>& scenarios, const Comparison& comparison,
                     bool all) {
  ordered_json j;
  j["locations"] = comparison.locations;
  j["in_common"] = comparison.in_common;
  j["changed"] = ordered_json::array();
  for (const ChangedSetting& changed : comparison.changed) {
    j["changed"].push_back({{"name", changed.name},
                            {"before", changed.before},
                            {"after", changed.after},
                            {"where", changed.where}});
  }
  j["scenarios"] = ordered_json::array();
  for (std::size_t i = 0; i < comparison.differences.size(); ++i) {
    const auto& one = comparison.differences[i];
    if (!one.concerned) continue;
    const bool quiet = !one.not_played.empty() || one.judgement == Judgement::unchanged;
    if (all || !quiet || !one.broken.empty())
      j["scenarios"].push_back(json_of(scenarios[i], one, all));
  }
  return j;
}

}  // namespace

std::string to_json(const std::vector<Scenario>& scenarios,
                    const std::vector<Comparison>& comparisons, const ReportOptions& options) {
  ordered_json j;
  j["comparisons"] = ordered_json::array();
  for (const Comparison& comparison : comparisons)
    j["comparisons"].push_back(json_of(scenarios, comparison, options.all));
  j["notes"] = options.notes;
  const Summary s = summary_of(comparisons);
  j["summary"] = {{"better", s.better},
                  {"worse", s.worse},
                  {"other", s.other},
                  {"unchanged", s.unchanged},
                  {"not_played", s.not_played}};
  return j.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace badgate::harness::change
