#include "harness/lab/score.h"

#include <fmt/core.h>

#include <algorithm>

#include "harness/diagnostics.h"
#include "harness/lab/incidents.h"

namespace badgate::harness::lab {
namespace {

constexpr int kForCauses = 60;
constexpr int kForFix = 40;
// So much that to tick all of them is worth less than to name none.
constexpr int kForWrongCause = 20;
constexpr unsigned kFreeSends = 10;

void judge_causes(const Incident& incident, const Answer& answer, Score& into) {
  for (const IncidentCause& cause : incident.causes) {
    const bool named = std::ranges::count(answer.causes, cause.id) > 0;
    if (named) (cause.right ? into.causes_right : into.causes_wrong).push_back(cause.id);
    if (!named && cause.right) into.causes_missed.push_back(cause.id);
  }
}

int points_of(const Score& score, const Answer& answer) {
  const auto right = static_cast<int>(score.causes_right.size());
  const int all = right + static_cast<int>(score.causes_missed.size());
  int points = all == 0 ? 0 : kForCauses * right / all;
  points += score.fix_right ? kForFix : 0;
  points -= kForWrongCause * static_cast<int>(score.causes_wrong.size());
  for (unsigned hint = 1; hint <= std::min(answer.hints, 9U); ++hint)
    points -= static_cast<int>(cost_of_hint(hint));
  if (answer.sent > kFreeSends)
    points -= static_cast<int>(std::min(answer.sent - kFreeSends, 100U));
  return std::clamp(points, 0, kForCauses + kForFix);
}

}  // namespace

Users users_of(const Outcome& outcome) {
  Users users;
  for (const Response& response : outcome.responses) {
    if (!response.request.starts_with(kUserPrefix)) continue;
    ++users.of;
    const bool whole = response.completeness == Completeness::whole && !response.client_left;
    if (whole && response.status >= 200 && response.status < 400) ++users.served;
  }
  return users;
}

net::Result<void> check(const Incident& incident, const Answer& answer) {
  for (const std::string& id : answer.causes) {
    if (std::ranges::find(incident.causes, id, &IncidentCause::id) == incident.causes.end())
      return net::fail(fmt::format("this incident has no cause {}", in_quotes(id)));
  }
  const bool known = answer.fix.empty() ||
                     std::ranges::find(incident.fixes, answer.fix, &IncidentFix::id) !=
                         incident.fixes.end();
  if (known) return {};
  return net::fail(fmt::format("this incident has no fix {}", in_quotes(answer.fix)));
}

Score score(const Incident& incident, const Answer& answer, const Outcome& before,
            const Outcome& after) {
  Score out;
  judge_causes(incident, answer, out);
  const auto fix = std::ranges::find(incident.fixes, answer.fix, &IncidentFix::id);
  out.fix_right = fix != incident.fixes.end() && fix->helps;
  out.before = users_of(before);
  out.after = users_of(after);
  out.points = points_of(out, answer);
  return out;
}

}  // namespace badgate::harness::lab
