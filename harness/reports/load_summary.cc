#include "harness/reports/load_summary.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "harness/judge_values.h"

namespace badgate::harness::reports {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kMostIntervals = 120;

// The shortest round one that keeps the intervals few.
net::Duration interval_for(net::Duration length) {
  constexpr net::Duration kRound[] = {100ms, 200ms, 500ms, 1s,   2s,    5s,   10s,
                                      20s,   30s,   60s,   120s, 10min, 30min};
  for (const auto interval : kRound) {
    if (length <= interval * kMostIntervals) return interval;
  }
  return std::max<net::Duration>(1h, length / kMostIntervals + 1ns);
}

std::string status_key(const Response& response) {
  if (response.client_left) return "left";
  return response.status == 0 ? "none" : std::to_string(response.status);
}

net::Duration since_start(net::TimePoint at) {
  return at.time_since_epoch();
}

class Intervals {
 public:
  explicit Intervals(net::Duration interval) : interval_(interval) {}

  net::TimePoint begin_of(net::TimePoint at) const {
    return net::TimePoint(since_start(at) / interval_ * interval_);
  }

 private:
  net::Duration interval_;
};

std::vector<LoadSummary::Statuses> statuses(const std::vector<Response>& responses,
                                            const Intervals& intervals) {
  std::map<net::TimePoint, std::map<std::string, std::uint64_t>> counts;
  for (const Response& r : responses)
    ++counts[intervals.begin_of(r.started + r.elapsed)][status_key(r)];
  std::vector<LoadSummary::Statuses> all;
  for (auto& [at, of_interval] : counts)
    all.push_back({at, std::move(of_interval)});
  return all;
}

// What the servers are busy with, as their facts tell it.
class Busy {
 public:
  void see(const Fact& fact) {
    if (const auto n = number_behind("request ", fact.what);
        n && fact.what.find(" waits for a worker") != fact.what.npos) {
      waiting_.emplace(fact.who, *n);
    } else if (const auto begun = number_behind("executes request ", fact.what)) {
      waiting_.erase({fact.who, *begun});
      working_.emplace(fact.who, *begun);
    } else if (const auto done = number_behind("sends response ", fact.what)) {
      working_.erase({fact.who, *done});
    } else if (const auto read = number_behind("reads request ", fact.what)) {
      on_connection_[{fact.who, connection_in(fact.what)}] = *read;
    } else if (fact.what.starts_with("process gone")) {
      forget(fact.who);
    } else if (fact.what.starts_with("connection ")) {
      connection_ends(fact);
    }
  }

  std::size_t waiting() const { return waiting_.size(); }
  std::size_t working() const { return working_.size(); }

 private:
  using OfServer = std::pair<std::string, std::uint64_t>;

  static std::optional<std::uint64_t> number_behind(std::string_view words, std::string_view what) {
    if (!what.starts_with(words)) return std::nullopt;
    std::uint64_t number = 0;
    const auto* begin = what.data() + words.size();
    const auto [end, error] = std::from_chars(begin, what.data() + what.size(), number);
    return error == std::errc() ? std::optional(number) : std::nullopt;
  }

  static std::uint64_t connection_in(std::string_view what) {
    constexpr std::string_view kOn = "connection ";
    const auto at = what.rfind(kOn);
    return at == what.npos ? 0 : number_behind(kOn, what.substr(at)).value_or(0);
  }

  void forget(const std::string& server) {
    const auto of_server = [&](const OfServer& one) { return one.first == server; };
    std::erase_if(waiting_, of_server);
    std::erase_if(working_, of_server);
  }

  // A worker whose connection is gone without a response is free.
  void connection_ends(const Fact& fact) {
    const bool ends = fact.what.find(": FIN sent") != fact.what.npos ||
                      fact.what.find(": RST ") != fact.what.npos ||
                      fact.what.find(": the response is lost") != fact.what.npos ||
                      fact.what.find(": cannot send") != fact.what.npos;
    if (!ends) return;
    const auto number = number_behind("connection ", fact.what).value_or(0);
    const auto request = on_connection_.find({fact.who, number});
    if (request == on_connection_.end()) return;
    waiting_.erase({fact.who, request->second});
    working_.erase({fact.who, request->second});
  }

  std::set<OfServer> waiting_;
  std::set<OfServer> working_;
  std::map<OfServer, std::uint64_t> on_connection_;
};

void keep_most(std::vector<LoadSummary::Most>& all, net::TimePoint at, std::uint64_t value) {
  if (all.empty() || all.back().at != at) {
    all.push_back({at, value});
  } else {
    all.back().value = std::max(all.back().value, value);
  }
}

void add_servers(const std::vector<Fact>& timeline, const Intervals& intervals,
                 LoadSummary& summary) {
  Busy busy;
  for (const Fact& fact : timeline) {
    // What an interval begins with counts in it, too.
    const auto at = intervals.begin_of(fact.at);
    keep_most(summary.queue, at, busy.waiting());
    keep_most(summary.workers, at, busy.working());
    busy.see(fact);
    keep_most(summary.queue, at, busy.waiting());
    keep_most(summary.workers, at, busy.working());
  }
}

}  // namespace

LoadSummary summary_of_load(const Outcome& outcome) {
  LoadSummary summary;
  net::Duration length = outcome.modelled;
  for (const Fact& fact : outcome.timeline)
    length = std::max(length, since_start(fact.at));
  summary.interval = interval_for(length);
  const Intervals intervals(summary.interval);
  summary.statuses = statuses(outcome.responses, intervals);
  std::vector<net::Duration> times;
  for (const Response& response : outcome.responses)
    times.push_back(response.elapsed);
  std::ranges::sort(times);
  for (const std::string key : {"p50", "p90", "p99"})
    summary.percentiles[key] = percentile(times, key);
  summary.percentiles["max"] = times.empty() ? net::Duration{} : times.back();
  add_servers(outcome.timeline, intervals, summary);
  for (const AccessEntry& entry : outcome.access)
    ++summary.attempts_per_request[entry.attempts.size()];
  return summary;
}

}  // namespace badgate::harness::reports
