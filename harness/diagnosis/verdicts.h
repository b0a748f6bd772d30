// Verdicts: those that came up in a log, each worked out once.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <unordered_map>

#include "harness/diagnosis/known_causes.h"
#include "harness/diagnosis/verdict.h"

namespace badgate::harness::diagnosis {

class Verdicts {
 public:
  struct Entry {
    Verdict verdict;
    Diagnosis diagnosis;
    const KnownCause* first = nullptr;  // the likeliest; null: no failure that badgate knows
    std::size_t number = 0;             // from 0, in the order in which they came up
  };
  // The references stay valid.
  const Entry& of(const Verdict& verdict);
  // The same with what is known of the log around the line.
  const Entry& in(const Verdict& verdict, const Context& log);

 private:
  std::uint64_t hints_by(const Context& log, std::uint64_t key);
  std::uint64_t relevant_to(const Rule& rule);

  std::deque<Entry> entries_;
  std::unordered_map<std::uint64_t, const Entry*> by_key_;
  std::unordered_map<const Rule*, std::uint64_t> relevant_;
  std::unordered_map<std::uint64_t, std::uint64_t> hints_by_log_;
  struct Recent {
    Verdict verdict;
    std::uint64_t log = 0;
    const Entry* entry = nullptr;
  };
  std::array<Recent, 256> recent_{};  // the way that is gone for each line
};

}  // namespace badgate::harness::diagnosis
