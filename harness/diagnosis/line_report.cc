#include "harness/diagnosis/line_report.h"

#include <fmt/core.h>

#include <algorithm>

#include "harness/printable.h"
#include "harness/reports/text.h"

namespace badgate::harness::diagnosis {
namespace {

constexpr std::size_t kWidth = 90;
constexpr std::size_t kOthersShown = 4;

const Scenario* find_scenario(std::span<const Scenario> catalogue, std::string_view name) {
  const auto at = std::ranges::find(catalogue, name, &Scenario::name);
  return at == catalogue.end() ? nullptr : &*at;
}

std::string item(std::string_view text) {
  std::string out = reports::wrapped(text, "    ");
  out[2] = '-';
  return out;
}

std::string name_of(const Suspect& s) {
  return fmt::format("{} ({})", s.scenario.empty() ? s.cause : s.scenario, s.row);
}

// Some with what would tell, the others by name alone.
std::string others(const std::vector<Suspect>& suspects) {
  std::string out;
  std::string rest;
  for (std::size_t i = 1; i < suspects.size(); ++i) {
    const std::string named = name_of(suspects[i]);
    if (i > kOthersShown) {
      rest += (rest.empty() ? "" : ", ") + named;
      continue;
    }
    out += item(fmt::format("{} ({})", suspects[i].plain, named));
    if (!suspects[i].tell.empty())
      out += reports::wrapped("tells it: " + suspects[i].tell, "      ");
  }
  return rest.empty() ? out : out + item("less likely: " + rest);
}

std::string remedies(const Scenario& scenario, std::span<const Scenario> catalogue, bool help) {
  std::string out;
  for (const auto& text : help ? scenario.explanation.helps : scenario.explanation.does_not_help)
    out += item(text);
  for (const Scenario& s : catalogue) {
    if (s.file != scenario.file || s.remedy.empty() || s.remedy_helps != help) continue;
    out += fmt::format("    proven: badgate run {}\n", s.name);
  }
  return out;
}

void section(std::string& out, std::string_view heading, const std::string& body) {
  if (!body.empty()) out += fmt::format("\n{}\n{}", heading, body);
}

}  // namespace

std::string line_report(std::string_view line, const evidence::Evidence& evidence,
                        const Diagnosis& diagnosis, std::span<const Scenario> catalogue) {
  std::string out = fmt::format("{}\n", printable(line, kWidth));
  if (diagnosis.suspects.empty()) {
    return out + fmt::format("\nA line of {} that speaks of no failure badgate knows.\n",
                             evidence::to_string(evidence.source));
  }
  const Suspect& first = diagnosis.suspects.front();
  section(out, "Cause",
          reports::wrapped(fmt::format("{} ({}, {})", first.plain, first.cause, first.row), "  "));
  std::string why = item(diagnosis.means);
  if (!first.why.empty()) why += item(first.why);
  section(out, "Why", why);
  if (!first.tell.empty()) section(out, "To be sure", reports::wrapped(first.tell, "  "));
  section(out, "What this line cannot rule out", others(diagnosis.suspects));
  if (const Scenario* scenario = find_scenario(catalogue, first.scenario)) {
    section(out, "What helps", remedies(*scenario, catalogue, true));
    section(out, "What does not help", remedies(*scenario, catalogue, false));
    section(out, "See it",
            fmt::format("  badgate run {} --timeline\n"
                        "  badgate reproduce 'THIS LINE'\n",
                        scenario->name));
  }
  return out;
}

}  // namespace badgate::harness::diagnosis
