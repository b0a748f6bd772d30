// Digest: a whole log in bounded memory: which causes came up, how often, when, where, and which of
// them are consequences of others.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/diagnosis/counts.h"
#include "harness/diagnosis/event.h"
#include "harness/diagnosis/histogram.h"
#include "harness/diagnosis/surroundings.h"
#include "harness/diagnosis/verdicts.h"

namespace badgate::harness::diagnosis {

// All lines that one cause explains best.
struct CauseSummary {
  const KnownCause* known = nullptr;
  Diagnosis diagnosis;  // of its first line
  std::uint64_t lines = 0;
  std::int64_t first = 0;  // seconds since 1970; 0: its lines have no time
  std::int64_t last = 0;
  Histogram when;
  Counts upstreams;
  Counts paths;
  std::string example;  // its first line
  // Lines that are consequences of others, by the others' cause; null: of nothing that is known.
  std::map<const KnownCause*, std::uint64_t> because_of;
  std::uint64_t marked = 0;    // "upstream server temporarily disabled" that it led to
  std::uint64_t followed = 0;  // other lines that only repeat it: auth_request, FastCGI's own
};

struct Summary {
  std::vector<CauseSummary> causes;  // the most frequent first
  std::uint64_t lines = 0;
  std::uint64_t failures = 0;
  std::uint64_t unknown = 0;  // lines that badgate cannot read
  std::int64_t first = 0;
  std::int64_t last = 0;
};

class Digest {
 public:
  // What became of an event; `root` is that of which it is a consequence, or null.
  using OnPlaced = std::function<void(const Event& event, const Verdicts::Entry& entry,
                                      const Verdicts::Entry* root)>;
  explicit Digest(OnPlaced on_placed = {}) : on_placed_(std::move(on_placed)) {}

  void add(const Event& event);
  // A line that says nothing of a failure, or that nobody can read.
  void add_other(bool readable);
  // What is held for the line beside it, is placed without it: none comes for now.
  void release_all_held();
  Summary finish();

 private:
  // A "temporarily disabled" whose partner is still to come.
  struct Held {
    Event event;  // its views are void: these are what they were of
    std::string connection, server, upstream, path, line;
  };

  void place(const Event& event);
  void count(CauseSummary& cause, const Event& event);
  void hold(const Event& event);
  void release_held(const Event& event);
  void place_first_held();
  void place_held(const Held& held);
  CauseSummary& summary_of(const Verdicts::Entry& entry, const Event& event);

  OnPlaced on_placed_;
  Verdicts verdicts_;
  Surroundings surroundings_{verdicts_};
  std::unordered_map<const KnownCause*, CauseSummary> causes_;
  std::vector<CauseSummary*> by_verdict_;  // by the number of the verdict
  std::deque<Held> held_;
  std::deque<std::uint64_t> held_connections_;  // hashes, in the same order
  Summary summary_;
};

}  // namespace badgate::harness::diagnosis
