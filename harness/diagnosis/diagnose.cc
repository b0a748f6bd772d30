#include "harness/diagnosis/diagnose.h"

#include <algorithm>
#include <functional>

#include "harness/diagnosis/known_causes.h"
#include "harness/diagnosis/rules.h"

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
void weigh(Suspect& suspect, std::string_view id, const Case& c) {
  for (const Hint& hint : hints()) {
    if (hint.id != id || !hint.sign(c)) continue;
    suspect.weight += hint.weight;
    if (hint.weight <= 0 || hint.words.empty()) continue;
    if (!suspect.why.empty()) suspect.why += "; ";
    suspect.why += hint.words;
  }
}

std::vector<Suspect> suspects_of(const Rule& rule, const Case& c) {
  constexpr int kStep = 10;
  std::vector<Suspect> out;
  int weight = 0;
  for (const auto id : rule.suspects) {
    const KnownCause* known = known_cause(id);
    if (known == nullptr) continue;
    Suspect& suspect = out.emplace_back(suspect_of(*known));
    suspect.weight = weight;
    weigh(suspect, id, c);
    weight -= kStep;
  }
  // All of them impossible: the hints are wrong, not the log.
  const auto possible = [](const Suspect& s) { return s.weight > kImpossible / 2; };
  if (std::ranges::any_of(out, possible)) std::erase_if(out, std::not_fn(possible));
  std::ranges::stable_sort(out, std::ranges::greater(), &Suspect::weight);
  return out;
}

}  // namespace

Diagnosis diagnose_in(const evidence::Evidence& line, const Context& log) {
  const Case c{line, log};
  if (const Rule* rule = find_rule(c)) return {std::string(rule->means), suspects_of(*rule, c)};
  return {};
}

std::vector<Suspect> diagnose(const evidence::Evidence& line) {
  return diagnose_in(line, {}).suspects;
}

}  // namespace badgate::harness::diagnosis
