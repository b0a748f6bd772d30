#include <nlohmann/json.hpp>
#include <utility>

#include "harness/audit/report.h"
#include "harness/audit/subject.h"

namespace badgate::harness::audit {
namespace {

using nlohmann::json;

double seconds(net::Duration time) {
  return std::chrono::duration<double>(time).count();
}

json exposure_json(const Exposure& exposure, const LocationKind& kind) {
  json j = {{"fault", exposure.fault},
            {"servers", exposure.whom == Whom::first ? "first" : "all"},
            {"method", exposure.method}};
  if (!exposure.broken.empty()) {
    j["not_played"] = exposure.broken;
    return j;
  }
  j["status"] = exposure.answer.status;
  j["completeness"] = to_string(exposure.answer.completeness);
  if (is_short(exposure.answer, kind.healthy)) j["short"] = true;
  j["seconds"] = seconds(exposure.answer.elapsed);
  j["attempts"] = exposure.answer.tries;
  j["executed"] = exposure.executed;
  return j;
}

json kind_json(const Audit& audit, const LocationKind& kind) {
  json locations = json::array();
  for (const nginx_conf::LocationRef ref : kind.refs) {
    const Position& position = audit.site.location(ref).position;
    const nginx_conf::Group* group = audit.site.group(ref);
    locations.push_back({{"location", place_of(audit.site, ref)},
                         {"file", position.file},
                         {"line", position.line},
                         {"upstream", group != nullptr ? group->name : ""}});
  }
  json j = {{"locations", std::move(locations)}, {"exposures", json::array()}};
  if (!kind.unplayed.empty()) j["not_played"] = kind.unplayed;
  for (const Exposure& exposure : kind.exposures)
    j["exposures"].push_back(exposure_json(exposure, kind));
  for (const nginx_conf::LeftOut& one : kind.skeleton.left_out) {
    if (one.matters)
      j["left_out"].push_back({{"directive", one.directive},
                               {"file", one.position.file},
                               {"line", one.position.line},
                               {"why", one.why}});
  }
  return j;
}

json finding_json(std::size_t index, const Finding& finding) {
  json fixes = json::array();
  for (const Fix& fix : finding.fixes)
    fixes.push_back(to_text(fix));
  json j = {{"id", finding.id},
            {"severity", to_string(finding.severity)},
            {"title", finding.title},
            {"detail", finding.detail},
            {"file", finding.at.file},
            {"line", finding.at.line},
            {"said", finding.said},
            {"default", finding.is_default},
            {"locations", finding.places},
            {"fix", std::move(fixes)}};
  for (const Position& other : finding.others)
    j["also_at"].push_back({{"file", other.file}, {"line", other.line}});
  if (!finding.before.empty()) j["before"] = finding.before;
  if (!finding.after.empty()) j["after"] = finding.after;
  if (!finding.shown_by.empty()) j["shown_by"] = finding.shown_by;
  if (!finding.scenario.empty()) {
    j["scenario"] = finding.scenario;
    j["scenario_file"] = file_name(index, finding);
  }
  return j;
}

}  // namespace

std::string to_json(const Audit& audit) {
  json j = {{"file", audit.site.file},
            {"servers", audit.site.servers.size()},
            {"upstreams", audit.site.groups.size()},
            {"runs", audit.played},
            {"kinds", json::array()},
            {"findings", json::array()}};
  for (const LocationKind& kind : audit.kinds)
    j["kinds"].push_back(kind_json(audit, kind));
  for (std::size_t i = 0; i < audit.findings.size(); ++i)
    j["findings"].push_back(finding_json(i, audit.findings[i]));
  return j.dump(2, ' ', false, json::error_handler_t::replace) + '\n';
}

}  // namespace badgate::harness::audit
