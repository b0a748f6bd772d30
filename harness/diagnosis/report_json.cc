#include "harness/diagnosis/report_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/diagnosis/summary_report.h"

namespace badgate::harness::diagnosis {
namespace {

using nlohmann::json;

constexpr std::size_t kNames = 50;

std::string written(const json& j) {
  return j.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

json suspects_of(const Diagnosis& diagnosis) {
  json out = json::array();
  for (const Suspect& s : diagnosis.suspects) {
    out.push_back({{"row", s.row},
                   {"cause", s.cause},
                   {"scenario", s.scenario},
                   {"plain", s.plain},
                   {"why", s.why},
                   {"tell", s.tell}});
  }
  return out;
}

json remedies_of(std::span<const Scenario> catalogue, std::string_view name) {
  const auto of = std::ranges::find(catalogue, name, &Scenario::name);
  if (of == catalogue.end()) return json::object();
  json proven = json::array();
  for (const Scenario& s : catalogue) {
    if (s.file == of->file && !s.remedy.empty())
      proven.push_back(
          {{"scenario", s.name}, {"title", s.remedy_title}, {"helps", s.remedy_helps}});
  }
  return {{"helps", of->explanation.helps},
          {"does_not_help", of->explanation.does_not_help},
          {"proven_by", proven}};
}

json counts_of(const Counts& counts) {
  const auto top = counts.top(kNames);
  json first = json::array();
  for (const auto& [name, count] : top.first)
    first.push_back({{"name", name}, {"lines", count}});
  return {{"first", first}, {"more", top.more}};
}

json time_or_null(std::int64_t second) {
  return second == 0 ? json() : json(written_time(second));
}

json cause_of(const CauseSummary& cause) {
  json j = {{"cause", cause.known->cause()},
            {"row", cause.known->row},
            {"scenario", cause.known->shown_by()},
            {"plain", cause.known->plain},
            {"tell", cause.known->tell},
            {"means", cause.diagnosis.means},
            {"lines", cause.lines},
            {"first", time_or_null(cause.first)},
            {"last", time_or_null(cause.last)},
            {"upstreams", counts_of(cause.upstreams)},
            {"paths", counts_of(cause.paths)},
            {"marked_servers", cause.marked},
            {"repeated_by", cause.followed},
            {"suspects", suspects_of(cause.diagnosis)},
            {"because_of", json::array()},
            {"spike", nullptr},
            {"example", cause.example}};
  for (const auto& [root, count] : cause.because_of) {
    j["because_of"].push_back({{"cause", root == nullptr ? json() : json(root->cause())},
                               {"row", root == nullptr ? json() : json(root->row)},
                               {"lines", count}});
  }
  if (const auto spike = cause.when.spike()) {
    j["spike"] = {{"begin", written_time(spike->begin)},
                  {"end", written_time(spike->end)},
                  {"lines", spike->count},
                  {"usual", spike->usual}};
  }
  return j;
}

}  // namespace

std::string line_json(std::string_view line, const evidence::Evidence& evidence,
                      const Diagnosis& diagnosis, std::span<const Scenario> catalogue) {
  json j = {{"line", line},
            {"source", evidence::to_string(evidence.source)},
            {"means", diagnosis.means},
            {"suspects", suspects_of(diagnosis)},
            {"remedies", json::object()}};
  if (!diagnosis.suspects.empty())
    j["remedies"] = remedies_of(catalogue, diagnosis.suspects.front().scenario);
  return written(j);
}

std::string summary_json(const Summary& summary) {
  json causes = json::array();
  for (const CauseSummary& cause : summary.causes)
    causes.push_back(cause_of(cause));
  return written({{"lines", summary.lines},
                  {"failures", summary.failures},
                  {"unread", summary.unknown},
                  {"first", time_or_null(summary.first)},
                  {"last", time_or_null(summary.last)},
                  {"causes", causes}});
}

}  // namespace badgate::harness::diagnosis
