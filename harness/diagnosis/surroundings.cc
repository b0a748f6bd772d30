#include "harness/diagnosis/surroundings.h"

#include <cstdlib>

#include "harness/diagnosis/hash.h"
#include "harness/diagnosis/known_causes.h"

namespace badgate::harness::diagnosis {
namespace {

using namespace std::chrono_literals;

// How long a failed server is left alone, with room for a longer fail_timeout than the default.
constexpr std::int64_t kFailTimeout = 60;
constexpr std::int64_t kSoon = 5;       // seconds
constexpr std::int64_t kResolver = 35;  // resolver_timeout is 30 s
constexpr std::int64_t kQuiet = 60;
constexpr unsigned kMany = 3;

bool within(std::int64_t earlier, std::int64_t later, std::int64_t seconds) {
  return earlier != 0 && later - earlier <= seconds && later >= earlier - 1;
}

bool is_failure_of_server(Role role) {
  return role == Role::refused || role == Role::died || role == Role::timed_out ||
         role == Role::too_big || role == Role::disabled || role == Role::plain;
}

}  // namespace

void Surroundings::note(Role role, std::int64_t second) {
  noted_[static_cast<std::size_t>(role)] = second == 0 ? 1 : second;
}

bool Surroundings::noted(Role role, std::int64_t second) const {
  const auto when = noted_[static_cast<std::size_t>(role)];
  return when != 0 && (second == 0 || when == 1 || std::abs(second - when) <= kResolver);
}

void Surroundings::remember(const Event& event, Role role) {
  Failure failure{event.verdict,           role, event.second, hash_of(event.connection),
                  hash_of(event.upstream), false};
  Failure& slot = failures_[hash_of(event.server)];
  if (!event.connection.empty() && slot.connection == failure.connection &&
      slot.upstream != failure.upstream && slot.role == role)
    failure.several = true;
  // The line beside it says more than this one.
  if (role == Role::disabled && slot.connection == failure.connection &&
      within(slot.second, failure.second, 1))
    return;
  slot = failure;
  last_ = failure;
}

bool Surroundings::has_partner(const Event& disabled) const {
  return last_.role != Role::plain && last_.role != Role::disabled &&
         last_.connection == hash_of(disabled.connection) &&
         within(last_.second, disabled.second, 1);
}

// "no live upstreams": why are they all out?
Surroundings::Seen Surroundings::of_group(const Event& event) {
  Seen seen;
  const Failure* of_server = failures_.find(hash_of(event.server));
  const Failure& before = of_server == nullptr ? last_ : *of_server;
  if (!within(before.second, event.second, kFailTimeout) || before.verdict.rule == nullptr) {
    seen.log.alone = true;
    return seen;
  }
  seen.root = before.verdict;
  seen.log.refused_before = before.role == Role::refused;
  seen.log.slow_before = before.role == Role::timed_out;
  seen.log.too_big_before = before.role == Role::too_big;
  seen.log.own_status_before = before.role == Role::disabled;
  const KnownCause* first = verdicts_.of(before.verdict).first;
  const bool race = first != nullptr && first->cause() == "keepalive-race";
  seen.log.stale_before = before.role == Role::died && (before.several || race);
  return seen;
}

Context Surroundings::of_server(const Event& event, Role role) {
  Context log;
  Upstream& server = upstreams_[hash_of(event.upstream)];
  log.upstream_answered = server.answered;
  const auto took = std::chrono::floor<std::chrono::seconds>(event.took.value_or(0s)).count();
  log.quiet_before = server.answered_at_once && event.took && event.second != 0 &&
                     event.second - took - server.asked >= kQuiet;
  server.asked = event.second;
  log.upstream_refused = within(server.refused, event.second, kSoon);
  if (role == Role::refused) server.refused = event.second;
  if (role == Role::died) {
    server.died_together = server.died == event.second ? server.died_together + 1 : 1;
    server.died = event.second;
    log.many_at_once = server.died_together >= kMany;
  }
  if (event.took && *event.took > 1s && (role == Role::died || role == Role::timed_out)) {
    Path& path = paths_[hash_of(event.path)];
    (role == Role::died ? path.died_after : path.timed_out_after) = event.took;
    log.both_ends = path.died_after && path.timed_out_after &&
                    std::chrono::abs(*path.died_after - *path.timed_out_after) <= 2s;
  }
  return log;
}

Surroundings::Seen Surroundings::look_at(const Event& event) {
  if (event.verdict.rule == nullptr) {
    if (event.upstream.empty()) return {};
    Upstream& server = upstreams_[hash_of(event.upstream)];
    server.answered = true;
    server.answered_at_once = event.took && *event.took < 1s;
    server.asked = event.second;
    return {};
  }
  const Role role = event.verdict.rule->role;
  Seen seen;
  if (role == Role::no_live) return of_group(event);
  seen.log = of_server(event, role);
  seen.log.children_busy = noted(Role::children_busy, event.second);
  seen.log.script_ended = noted(Role::script_ended, event.second);
  seen.log.child_died = noted(Role::child_died, event.second);
  if (role == Role::not_resolved) {
    seen.log.resolver_refused = noted(Role::resolver_refused, event.second);
    seen.log.wrong_ident = noted(Role::wrong_ident, event.second);
    seen.log.short_answer = noted(Role::short_answer, event.second);
    seen.log.format_error = noted(Role::format_error, event.second);
  }
  const bool beside = last_.connection == hash_of(event.connection) && !event.connection.empty() &&
                      within(last_.second, event.second, role == Role::auth_status ? 3 : 1);
  if (beside && (role == Role::disabled || role == Role::auth_status ||
                 (role == Role::no_output && last_.role == Role::script_words)))
    seen.root = last_.verdict;
  if (role == Role::disabled) seen.log.alone = seen.root.rule == nullptr;
  note(role, event.second);
  if (role == Role::script_words || (is_failure_of_server(role) && !event.upstream.empty()))
    remember(event, role);
  return seen;
}

}  // namespace badgate::harness::diagnosis
