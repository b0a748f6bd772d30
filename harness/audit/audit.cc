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

// What is the same in several places, and cured by the same, is one finding.
std::string key_of(const Finding& finding) {
  std::string key = finding.id + '\n' + finding.title;
  for (const Fix& fix : finding.fixes)
    key += '\n' + to_text(fix);
  return key;
}

bool is_at(const Position& position, const Finding& finding) {
  const auto same = [&](const Position& other) {
    return other.file == position.file && other.line == position.line;
  };
  return same(finding.at) || std::ranges::any_of(finding.others, same);
}

// The places of a default are its locations'.
void merge_into(Finding& known, Finding finding) {
  if (!(known.is_default && finding.is_default) && !is_at(finding.at, known))
    known.others.push_back(finding.at);
  if (std::ranges::find(known.places, finding.places.front()) == known.places.end())
    known.places.push_back(std::move(finding.places.front()));
}

std::vector<Finding> merged(std::vector<Finding> all) {
  std::vector<Finding> out;
  std::map<std::string, std::size_t> known;
  for (Finding& finding : all) {
    const auto [at, is_new] = known.emplace(key_of(finding), out.size());
    if (is_new) {
      out.push_back(std::move(finding));
    } else {
      merge_into(out[at->second], std::move(finding));
    }
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

net::Result<Audit> audit(nginx_conf::Site site, const PlayTrials& options, bool every) {
  Audit audit;
  audit.site = std::move(site);
  audit.kinds = kinds_of(audit.site);
  const auto planned = plan(audit.kinds, every);
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
