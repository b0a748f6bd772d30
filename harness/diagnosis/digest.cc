#include "harness/diagnosis/digest.h"

#include <algorithm>

#include "harness/diagnosis/hash.h"

namespace badgate::harness::diagnosis {
namespace {

constexpr std::size_t kMostHeld = 32;
constexpr std::int64_t kPartner = 2;  // seconds
constexpr std::size_t kLongestExample = 2048;

bool only_repeats(Role role) {
  return role == Role::disabled || role == Role::auth_status || role == Role::no_output;
}

}  // namespace

CauseSummary& Digest::summary_of(const Verdicts::Entry& entry, const Event& event) {
  if (entry.number >= by_verdict_.size()) by_verdict_.resize(entry.number + 1);
  CauseSummary*& slot = by_verdict_[entry.number];
  if (slot != nullptr) return *slot;
  slot = &causes_[entry.first];
  if (slot->known == nullptr) {
    slot->known = entry.first;
    slot->diagnosis = entry.diagnosis;
    slot->example = event.line.substr(0, kLongestExample);
  }
  return *slot;
}

void Digest::count(CauseSummary& cause, const Event& event) {
  ++cause.lines;
  ++summary_.failures;
  if (!event.upstream.empty()) cause.upstreams.add(event.upstream, hash_of(event.upstream));
  if (!event.path.empty()) cause.paths.add(event.path, hash_of(event.path));
  if (event.second == 0) return;
  if (cause.first == 0 || event.second < cause.first) cause.first = event.second;
  cause.last = std::max(cause.last, event.second);
  cause.when.add(event.second);
}

void Digest::place(const Event& event) {
  const auto seen = surroundings_.look_at(event);
  if (event.verdict.rule == nullptr) return;
  const Verdicts::Entry& entry = verdicts_.in(event.verdict, seen.log);
  const Verdicts::Entry* root = seen.root.rule == nullptr ? nullptr : &verdicts_.of(seen.root);
  if (on_placed_) on_placed_(event, entry, root);
  if (entry.first == nullptr) return;
  const Role role = event.verdict.rule->role;
  if (root != nullptr && root->first != nullptr && only_repeats(role)) {
    CauseSummary& cause = summary_of(*root, event);
    ++(role == Role::disabled ? cause.marked : cause.followed);
    return;
  }
  CauseSummary& cause = summary_of(entry, event);
  count(cause, event);
  if (role == Role::no_live) ++cause.because_of[root == nullptr ? nullptr : root->first];
}

void Digest::hold(const Event& event) {
  Held& held = held_.emplace_back();
  held.connection = event.connection;
  held_connections_.push_back(hash_of(event.connection));
  held.server = event.server;
  held.upstream = event.upstream;
  held.path = event.path;
  held.line = event.line.substr(0, kLongestExample);
  held.event = event;
}

// Those whose partner is there, and those who wait in vain; they are in the order of time.
void Digest::release_held(const Event& event) {
  const auto connection = hash_of(event.connection);
  auto partner = std::ranges::find(held_connections_, connection);
  while (partner != held_connections_.end()) {
    const auto at = partner - held_connections_.begin();
    const Held held = std::move(held_[static_cast<std::size_t>(at)]);
    held_.erase(held_.begin() + at);
    held_connections_.erase(partner);
    place_held(held);
    partner = std::ranges::find(held_connections_, connection);
  }
  while (!held_.empty() &&
         (held_.size() > kMostHeld || event.second > held_.front().event.second + kPartner))
    place_first_held();
}

void Digest::place_first_held() {
  const Held held = std::move(held_.front());
  held_.pop_front();
  held_connections_.pop_front();
  place_held(held);
}

// Its views are of the place where it was kept.
void Digest::place_held(const Held& held) {
  Event event = held.event;
  event.connection = held.connection;
  event.server = held.server;
  event.upstream = held.upstream;
  event.path = held.path;
  event.line = held.line;
  place(event);
}

void Digest::add(const Event& event) {
  ++summary_.lines;
  if (event.second != 0) {
    if (summary_.first == 0 || event.second < summary_.first) summary_.first = event.second;
    summary_.last = std::max(summary_.last, event.second);
  }
  const bool disabled = event.verdict.rule != nullptr && event.verdict.rule->role == Role::disabled;
  if (disabled && !event.connection.empty() && !surroundings_.has_partner(event)) {
    hold(event);
    if (held_.size() > kMostHeld) place_first_held();
    return;
  }
  // Where no server is left, what was held has no partner to come.
  const bool no_live = event.verdict.rule != nullptr && event.verdict.rule->role == Role::no_live;
  if (no_live && !held_.empty()) release_held(event);
  place(event);
  if (!held_.empty()) release_held(event);
}

void Digest::add_other(bool readable) {
  ++summary_.lines;
  if (!readable) ++summary_.unknown;
}

void Digest::release_all_held() {
  while (!held_.empty())
    place_first_held();
}

Summary Digest::finish() {
  release_all_held();
  Summary out = std::move(summary_);
  for (auto& [known, cause] : causes_)
    out.causes.push_back(std::move(cause));
  std::ranges::sort(out.causes, [](const CauseSummary& a, const CauseSummary& b) {
    return a.lines != b.lines ? a.lines > b.lines : a.known->id < b.known->id;
  });
  causes_.clear();
  by_verdict_.clear();
  summary_ = {};
  return out;
}

}  // namespace badgate::harness::diagnosis
