// RunReport: what `badgate run` came to, as plain data. Every format is written from it, and the
// JSON one is read back into it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/reports/steps.h"
#include "harness/scenario.h"
#include "harness/verdict.h"

namespace badgate::harness::reports {

// Of the lists of one case (steps, responses, lines of a log) at most so many are kept; of a longer
// one, half of them from each end.
inline constexpr std::size_t kMostKept = 400;

struct ErrorLine {
  net::TimePoint at;
  std::string level;
  std::string message;
};

struct AccessLine : AccessEntry {
  net::TimePoint at;
};

struct BackendLine : BackendSeen {
  std::optional<net::Duration> fail_timeout;  // nothing: it is in no group
  bool faults_pass = false;                   // each of its faults is over after a number of times
};

// How many were left out behind the first kMostKept / 2.
struct LeftOut {
  std::size_t timeline = 0;
  std::size_t responses = 0;
  std::size_t access = 0;
  std::size_t error_log = 0;
};

// A load in numbers, by intervals of its time.
struct LoadSummary {
  struct Statuses {
    net::TimePoint at;                            // the interval's beginning
    std::map<std::string, std::uint64_t> counts;  // "502"; "left": the client itself; "none"
  };
  struct Most {
    net::TimePoint at;
    std::uint64_t value = 0;  // the most in that interval
  };
  net::Duration interval{};
  std::vector<Statuses> statuses;                    // by when the response ended
  std::map<std::string, net::Duration> percentiles;  // p50, p90, p99, max
  std::vector<Most> queue;    // requests that wait for a worker, of all servers together
  std::vector<Most> workers;  // requests that are worked on
  std::map<std::size_t, std::uint64_t> attempts_per_request;
};

// A scenario that was run several times, and how often each came out.
struct Repeats {
  std::size_t runs = 0;
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;
  std::size_t broken = 0;
  std::vector<std::uint64_t> bad_seeds;  // of those that failed or were broken, the first 20
};

// One scenario or remedy: its Verdict, and what of the Scenario reports show.
struct Case {
  std::size_t index = 0;  // its place among all that were selected, before they were divided
  std::string name;       // "slow-application/report-takes-75s:longer_read_timeout"
  std::string scenario;   // the same without the remedy
  std::string remedy;
  bool remedy_helps = false;
  std::string title;  // of a remedy: what people do
  std::string cause;
  std::vector<std::string> rows;
  std::vector<std::string> tags;
  std::string file;
  std::uint32_t line = 0;
  Verdict::State state = Verdict::State::passed;
  std::string reason;
  std::vector<Mismatch> mismatches;
  std::size_t expectations = 0;
  std::string hash;
  net::Duration wall{};
  net::Duration modelled{};
  std::optional<Repeats> repeats;
  Explanation explanation;
  std::vector<Response> responses;  // without bodies
  std::vector<AccessLine> access;
  std::vector<ErrorLine> error_log;
  std::vector<BackendLine> backends;
  std::vector<Step> timeline;
  LeftOut left_out;
  std::optional<LoadSummary> load;
};

// What the verdict and its outcome say of the scenario.
Case case_of(const Scenario& scenario, const Verdict& verdict);

struct Shard {
  unsigned number = 1;  // from 1
  unsigned of = 1;
};

struct RunReport {
  std::string badgate;  // the version that wrote it
  std::uint64_t seed = 1;
  std::string proxy = "builtin";
  std::string proxy_version;
  std::string clock = "virtual";  // "virtual", "real", "x20"
  std::optional<Shard> shard;
  std::size_t selected = 0;  // scenarios and remedies, before they were divided into shards
  bool complete = true;      // false: it was broken off, and cases that were not run say so
  net::Duration wall{};
  std::vector<Case> cases;  // in the order of the files
};

struct Totals {
  std::size_t scenarios = 0;
  std::size_t remedies = 0;
  std::array<std::size_t, 4> by_state{};  // by Verdict::State
  std::size_t expectations = 0;

  std::size_t of(Verdict::State state) const {
    return by_state.at(static_cast<std::size_t>(state));
  }
};
Totals totals(const RunReport& report);

}  // namespace badgate::harness::reports
