#include "harness/diagnosis/verdicts.h"

#include <algorithm>

#include "harness/diagnosis/hash.h"

namespace badgate::harness::diagnosis {
namespace {

std::uint64_t key_of(const Verdict& verdict) {
  return mixed(reinterpret_cast<std::uintptr_t>(verdict.rule), verdict.hints);
}

// A suspect knows its cause by name only.
const KnownCause* likeliest(const Rule& rule, const Diagnosis& diagnosis) {
  if (diagnosis.suspects.empty()) return nullptr;
  for (const auto id : rule.suspects) {
    const KnownCause* known = known_cause(id);
    if (known != nullptr && known->plain == diagnosis.suspects.front().plain &&
        known->row == diagnosis.suspects.front().row)
      return known;
  }
  return nullptr;
}

}  // namespace

const Verdicts::Entry& Verdicts::of(const Verdict& verdict) {
  const Entry*& slot = by_key_[key_of(verdict)];
  if (slot == nullptr) {
    Entry& entry =
        entries_.emplace_back(Entry{verdict, diagnosis_of(verdict), nullptr, entries_.size()});
    if (verdict.rule != nullptr) entry.first = likeliest(*verdict.rule, entry.diagnosis);
    slot = &entry;
  }
  return *slot;
}

std::uint64_t Verdicts::hints_by(const Context& log, std::uint64_t key) {
  const auto [at, is_new] = hints_by_log_.try_emplace(key, 0);
  if (is_new) at->second = hints_of(log);
  return at->second;
}

// Hints of other rules' suspects would only make verdicts differ.
std::uint64_t Verdicts::relevant_to(const Rule& rule) {
  const auto [at, is_new] = relevant_.try_emplace(&rule, 0);
  for (std::size_t i = 0; is_new && i < hints().size(); ++i) {
    if (std::ranges::find(rule.suspects, hints()[i].id) != rule.suspects.end())
      at->second |= std::uint64_t{1} << i;
  }
  return at->second;
}

const Verdicts::Entry& Verdicts::in(const Verdict& verdict, const Context& log) {
  if (verdict.rule == nullptr) return of(verdict);
  // Its members are all bool, one byte each.
  const std::uint64_t bits =
      hash_of({reinterpret_cast<const char*>(&log), sizeof log});  // NOLINT: plain bytes
  Recent& recent = recent_[(key_of(verdict) ^ bits) % recent_.size()];
  if (recent.entry == nullptr || recent.verdict != verdict || recent.log != bits) {
    const auto hints = hints_by(log, bits) & relevant_to(*verdict.rule);
    recent = {verdict, bits, &of({verdict.rule, verdict.hints | hints})};
  }
  return *recent.entry;
}

}  // namespace badgate::harness::diagnosis
