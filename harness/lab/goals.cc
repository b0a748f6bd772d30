// Which steps of a lesson a play has reached.
#include <fmt/core.h>

#include <algorithm>

#include "harness/lab/compose.h"

namespace badgate::harness::lab {
namespace {

using namespace std::chrono_literals;

constexpr net::Duration kTolerance = 10ms;  // of one value; of a range its ends count

template <typename T>
bool within(const Range<T>& range, T value) {
  return (!range.low || value >= *range.low) && (!range.high || value <= *range.high);
}

bool within(const Range<net::Duration>& range, net::Duration value) {
  const net::Duration slack = range.exact ? kTolerance : 0ms;
  return (!range.low || value >= *range.low - slack) &&
         (!range.high || value <= *range.high + slack);
}

// One request that was sent, and what was broken then.
struct Sent {
  std::string id;
  std::vector<std::string> broken;
  bool healed = false;
  std::vector<const Response*> responses;
};

std::vector<Sent> sent_in(const PlayState& state, const Outcome& outcome) {
  std::vector<Sent> out;
  std::vector<std::string> broken;
  bool healed = false;
  for (const Action& action : state.actions) {
    if (action.kind == Action::Kind::break_it) {
      broken.push_back(action.id);
      healed = false;
    } else if (action.kind == Action::Kind::heal) {
      healed = healed || !broken.empty();
      broken.clear();
    } else if (action.kind == Action::Kind::send) {
      out.push_back({action.id, broken, healed, {}});
    }
  }
  for (const Response& response : outcome.responses) {
    if (response.index < out.size()) out[response.index].responses.push_back(&response);
  }
  return out;
}

// Null: nothing was logged of it.
const AccessEntry* entry_of(const Response& response, const Outcome& outcome) {
  const auto entry = std::ranges::find_if(outcome.access, [&](const AccessEntry& candidate) {
    return candidate.client_port == response.client_port && candidate.nth == response.nth;
  });
  return entry == outcome.access.end() ? nullptr : &*entry;
}

std::string tries_of(const AccessEntry& entry) {
  std::string out;
  for (const Attempt& attempt : entry.attempts)
    out += (out.empty() ? "" : ", ") + (attempt.status ? std::to_string(*attempt.status) : "-");
  return out;
}

bool entry_fits(const Goal& goal, const AccessEntry* entry) {
  if (goal.tries.empty() && !goal.logged) return true;
  if (entry == nullptr || (goal.logged && entry->status != *goal.logged)) return false;
  return goal.tries.empty() || tries_of(*entry) == goal.tries;
}

bool response_fits(const Goal& goal, const Response& response) {
  if (goal.status && response.status != *goal.status) return false;
  if (goal.left && !response.client_left) return false;
  return goal.completeness.empty() || to_string(response.completeness) == goal.completeness;
}

bool counts_fit(const Goal& goal, const Sent& sent) {
  return std::ranges::all_of(goal.statuses, [&](const auto& wanted) {
    const auto count = std::ranges::count_if(sent.responses, [&](const Response* response) {
      return std::to_string(response->status) == wanted.first;
    });
    return within(wanted.second, static_cast<std::uint64_t>(count));
  });
}

bool fits(const Goal& goal, const Sent& sent, const Outcome& outcome) {
  if (sent.responses.empty() || (!goal.sent.empty() && sent.id != goal.sent)) return false;
  if (!goal.broken.empty() && std::ranges::count(sent.broken, goal.broken) == 0) return false;
  if (goal.healed && !(sent.healed && sent.broken.empty())) return false;
  const bool all = std::ranges::all_of(
      sent.responses, [&](const Response* response) { return response_fits(goal, *response); });
  if (!all || !counts_fit(goal, sent)) return false;
  const auto longest = std::ranges::max(sent.responses, {},
                                        [](const Response* response) { return response->elapsed; });
  if (goal.elapsed && !within(*goal.elapsed, longest->elapsed)) return false;
  const Response& first = *sent.responses.front();
  if (goal.body_bytes && !within(*goal.body_bytes, first.body_bytes)) return false;
  return entry_fits(goal, entry_of(first, outcome));
}

bool in_log(const Outcome& outcome, const std::string& text) {
  return std::ranges::any_of(outcome.error_log, [&](const LogLine& line) {
    return line.message.find(text) != std::string::npos;
  });
}

bool backends_fit(const Goal& goal, const Outcome& outcome) {
  const auto fit = [&](const auto& wanted, auto count) {
    return std::ranges::all_of(wanted, [&](const auto& want) {
      const auto seen = std::ranges::find(outcome.backends, want.first, &BackendSeen::name);
      return seen != outcome.backends.end() && within(want.second, (*seen).*count);
    });
  };
  return fit(goal.executed, &BackendSeen::executed) &&
         fit(goal.connections, &BackendSeen::connections);
}

bool settings_fit(const Lesson& lesson, const PlayState& state, const Goal& goal) {
  return std::ranges::all_of(goal.settings, [&](const auto& wanted) {
    const auto set = std::ranges::find(state.settings, wanted.first, &Settings::value_type::first);
    if (set != state.settings.end()) return set->second == wanted.second;
    const auto control = std::ranges::find(lesson.controls, wanted.first, &Control::id);
    return control != lesson.controls.end() && control->fallback == wanted.second;
  });
}

bool met(const Lesson& lesson, const PlayState& state, const std::vector<Sent>& sent,
         const Outcome& outcome, const Goal& goal) {
  const auto count = static_cast<std::uint64_t>(
      std::ranges::count_if(sent, [&](const Sent& one) { return fits(goal, one, outcome); }));
  if (!within(goal.times.value_or(Range<std::uint64_t>{1, {}, false}), count)) return false;
  const auto logged = [&](const std::string& text) { return in_log(outcome, text); };
  return std::ranges::all_of(goal.log, logged) && std::ranges::none_of(goal.no_log, logged) &&
         backends_fit(goal, outcome) && settings_fit(lesson, state, goal);
}

}  // namespace

std::vector<std::string> steps_done(const Lesson& lesson, const PlayState& state,
                                    const Outcome& outcome) {
  const auto sent = sent_in(state, outcome);
  std::vector<std::string> out;
  for (const Step& step : lesson.steps) {
    if (met(lesson, state, sent, outcome, step.goal)) out.push_back(step.id);
  }
  return out;
}

}  // namespace badgate::harness::lab
