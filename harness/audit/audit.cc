#include "harness/audit/audit.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "harness/audit/kinds.h"
#include "harness/audit/proof.h"
#include "harness/audit/rules.h"

namespace badgate::harness::audit {
namespace {

// What is the same for several locations is one finding: said at one place, or a default.
std::string key_of(const Finding& finding) {
  std::string key = finding.id + '\n' + finding.title;
  for (const Fix& fix : finding.fixes)
    key += '\n' + to_text(fix);
  if (finding.is_default) return key;
  return key + '\n' + finding.at.file + ':' + std::to_string(finding.at.line) + ':' +
         std::to_string(finding.at.column);
}

std::vector<Finding> merged(std::vector<Finding> all) {
  std::vector<Finding> out;
  std::map<std::string, std::size_t> known;
  for (Finding& finding : all) {
    const auto [at, is_new] = known.emplace(key_of(finding), out.size());
    if (is_new) {
      out.push_back(std::move(finding));
      continue;
    }
    auto& places = out[at->second].places;
    if (std::ranges::find(places, finding.places.front()) == places.end())
      places.push_back(std::move(finding.places.front()));
  }
  return out;
}

std::vector<Finding> find_all(const Audit& audit) {
  std::vector<Finding> all;
  for (const Rule rule : rules()) {
    for (const LocationKind& kind : audit.kinds) {
      for (const nginx_conf::LocationRef ref : kind.refs)
        rule({audit.site, ref, kind}, all);
    }
  }
  all = merged(std::move(all));
  std::ranges::stable_sort(
      all, [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
  return all;
}

}  // namespace

const Exposure* LocationKind::find(std::string_view fault, Whom whom,
                                   std::string_view method) const {
  // With one server, the first is all of them.
  const bool alone = !skeleton.groups.empty() && skeleton.groups.front().servers.size() == 1;
  const auto at = std::ranges::find_if(exposures, [&](const Exposure& one) {
    return one.fault == fault && (alone || one.whom == whom) && one.method == method;
  });
  return at != exposures.end() && at->broken.empty() ? &*at : nullptr;
}

std::string place_of(const nginx_conf::Site& site, nginx_conf::LocationRef ref) {
  return site.server(ref).title() + " " + site.location(ref).title();
}

net::Result<Audit> audit(nginx_conf::Site site, const PlayTrials& options) {
  Audit audit;
  audit.site = std::move(site);
  audit.kinds = kinds_of(audit.site);
  const auto planned = plan(audit.kinds);
  std::vector<std::string> texts;
  for (const Planned& one : planned)
    texts.push_back(one.text);
  const auto seen = play(texts, options);
  if (!seen) return tl::unexpected(seen.error());
  take_in(planned, *seen, audit.kinds);
  audit.findings = find_all(audit);
  const auto proved = prove(audit.site, audit.findings, options);
  if (!proved) return tl::unexpected(proved.error());
  audit.played = texts.size() + *proved;
  return audit;
}

}  // namespace badgate::harness::audit
