#include "harness/diagnosis/diagnose.h"

#include <algorithm>
#include <functional>

#include "harness/diagnosis/known_causes.h"
#include "harness/diagnosis/rules.h"
#include "harness/diagnosis/verdict.h"

namespace badgate::harness::diagnosis {
namespace {

Suspect suspect_of(const KnownCause& known) {
  Suspect s;
  s.row = known.row;
  s.cause = known.cause();
  s.scenario = known.shown_by();
  s.plain = known.plain;
  s.tell = known.tell;
  return s;
}

// What the hints make of it.
void weigh(Suspect& suspect, std::string_view id, std::uint64_t holding) {
  for (std::size_t i = 0; i < hints().size(); ++i) {
    const Hint& hint = hints()[i];
    if (hint.id != id || (holding >> i & 1) == 0) continue;
    suspect.weight += hint.weight;
    if (hint.weight <= 0 || hint.words.empty()) continue;
    if (!suspect.why.empty()) suspect.why += "; ";
    suspect.why += hint.words;
  }
}

std::vector<Suspect> suspects_of(const Rule& rule, std::uint64_t holding) {
  constexpr int kStep = 10;
  std::vector<Suspect> out;
  int weight = 0;
  for (const auto id : rule.suspects) {
    const KnownCause* known = known_cause(id);
    if (known == nullptr) continue;
    Suspect& suspect = out.emplace_back(suspect_of(*known));
    suspect.weight = weight;
    weigh(suspect, id, holding);
    weight -= kStep;
  }
  // All of them impossible: the hints are wrong, not the log.
  const auto possible = [](const Suspect& s) { return s.weight > kImpossible / 2; };
  if (std::ranges::any_of(out, possible)) std::erase_if(out, std::not_fn(possible));
  std::ranges::stable_sort(out, std::ranges::greater(), &Suspect::weight);
  return out;
}

}  // namespace

Verdict verdict_of(const Case& c) {
  const Rule* rule = find_rule(c);
  if (rule == nullptr) return {};
  std::uint64_t holding = 0;
  for (std::size_t i = 0; i < hints().size(); ++i) {
    const Hint& hint = hints()[i];
    // A hint of no suspect of the rule would only make verdicts differ.
    if (std::ranges::find(rule->suspects, hint.id) == rule->suspects.end()) continue;
    if (hint.sign(c)) holding |= std::uint64_t{1} << i;
  }
  return {rule, holding};
}

std::uint64_t hints_of(const Context& log) {
  const evidence::Evidence nothing;
  std::uint64_t holding = 0;
  for (std::size_t i = 0; i < hints().size(); ++i) {
    if (hints()[i].sign({nothing, log})) holding |= std::uint64_t{1} << i;
  }
  return holding;
}

Diagnosis diagnosis_of(const Verdict& verdict) {
  if (verdict.rule == nullptr) return {};
  return {std::string(verdict.rule->means), suspects_of(*verdict.rule, verdict.hints)};
}

Diagnosis diagnose_in(const evidence::Evidence& line, const Context& log) {
  return diagnosis_of(verdict_of({line, log}));
}

std::vector<Suspect> diagnose(const evidence::Evidence& line) {
  return diagnose_in(line, {}).suspects;
}

}  // namespace badgate::harness::diagnosis
