#include "harness/diagnosis/digest.h"

#include <algorithm>

#include "harness/diagnosis/hash.h"

namespace badgate::harness::diagnosis {
namespace {

constexpr std::size_t kMostHeld = 64;
constexpr std::int64_t kPartner = 2;  // seconds
constexpr std::size_t kLongestExample = 2048;

bool only_repeats(Role role) {
  return role == Role::disabled || role == Role::auth_status || role == Role::no_output;
}

}  // namespace

CauseSummary& Digest::summary_of(const Verdicts::Entry& entry, const Event& event) {
  CauseSummary& cause = causes_[entry.first];
  if (cause.known == nullptr) {
    cause.known = entry.first;
    cause.diagnosis = entry.diagnosis;
    cause.example = event.line.substr(0, kLongestExample);
  }
  return cause;
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
  held.server = event.server;
  held.upstream = event.upstream;
  held.path = event.path;
  held.line = event.line.substr(0, kLongestExample);
  held.event = event;
  held.event.connection = held.connection;
  held.event.server = held.server;
  held.event.upstream = held.upstream;
  held.event.path = held.path;
  held.event.line = held.line;
}

// Those whose partner is there, and those who wait in vain.
void Digest::release_held(const Event& event) {
  for (auto it = held_.begin(); it != held_.end();) {
    const bool partner = it->event.connection == event.connection;
    const bool late = event.second > it->event.second + kPartner;
    if (!partner && !late && held_.size() <= kMostHeld) {
      ++it;
      continue;
    }
    place(it->event);
    it = held_.erase(it);
  }
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

Summary Digest::finish() {
  for (const Held& held : held_)
    place(held.event);
  held_.clear();
  Summary out = std::move(summary_);
  for (auto& [known, cause] : causes_)
    out.causes.push_back(std::move(cause));
  std::ranges::sort(out.causes, [](const CauseSummary& a, const CauseSummary& b) {
    return a.lines != b.lines ? a.lines > b.lines : a.known->id < b.known->id;
  });
  causes_.clear();
  summary_ = {};
  return out;
}

}  // namespace badgate::harness::diagnosis
