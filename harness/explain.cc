#include "harness/explain.h"

#include <fmt/core.h>

#include <map>
#include <vector>

#include "harness/reports/text.h"
#include "net/text.h"

namespace badgate::harness {
namespace {

std::vector<Scenario> remedies_of(const Scenario& scenario, std::span<const Scenario> all) {
  std::vector<Scenario> remedies;
  for (const Scenario& s : all) {
    if (s.file == scenario.file && !s.remedy.empty()) remedies.push_back(s);
  }
  return remedies;
}

std::string bullets(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) {
    std::string text = reports::wrapped(line, "    ");
    text[2] = '-';
    out += text;
  }
  return out;
}

void append_section(std::string& out, std::string_view heading, const std::string& body) {
  if (!body.empty()) out += fmt::format("\n{}\n{}", heading, body);
}

std::string markdown_list(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines)
    out += fmt::format("- {}\n", line);
  return out;
}

std::string markdown_of(const Scenario& s, std::span<const Scenario> catalogue) {
  std::string out = fmt::format("### {}\n\n`{}`", s.title, s.name);
  if (!s.rows.empty()) out += fmt::format(" · {}", net::join(s.rows, ", "));
  const Explanation& e = s.explanation;
  out += fmt::format("\n\n{}\n\n**What users see.** {}\n\n**Evidence.** {}\n", e.story, e.user_sees,
                     e.evidence);
  if (!e.helps.empty()) out += fmt::format("\n**What helps**\n\n{}", markdown_list(e.helps));
  if (!e.does_not_help.empty()) {
    out += fmt::format("\n**What does not help**\n\n{}", markdown_list(e.does_not_help));
  }
  const auto remedies = remedies_of(s, catalogue);
  if (!remedies.empty()) out += "\n**Proven by**\n\n";
  for (const Scenario& remedy : remedies) {
    out += fmt::format("- `{}`: {} ({})\n", remedy.name, remedy.remedy_title,
                       remedy.remedy_helps ? "helps" : "does not help");
  }
  return out + "\n";
}

}  // namespace

std::string explain(const Scenario& scenario, std::span<const Scenario> all) {
  const Explanation& e = scenario.explanation;
  std::string out = fmt::format("{}\n{}", scenario.title, scenario.name);
  if (!scenario.rows.empty()) out += fmt::format("  ({})", net::join(scenario.rows, ", "));
  out += "\n";
  if (!e.story.empty()) append_section(out, "What happens", reports::wrapped(e.story, "  "));
  if (!e.user_sees.empty())
    append_section(out, "What users see", reports::wrapped(e.user_sees, "  "));
  if (!e.evidence.empty()) append_section(out, "Evidence", reports::wrapped(e.evidence, "  "));
  append_section(out, "What helps", bullets(e.helps));
  append_section(out, "What does not help", bullets(e.does_not_help));
  std::string proofs;
  for (const Scenario& remedy : remedies_of(scenario, all)) {
    proofs += fmt::format("  {:<13} badgate run {}\n",
                          remedy.remedy_helps ? "helps" : "does not help", remedy.name);
  }
  append_section(out, "Proven by", proofs);
  return out;
}

std::string causes_markdown(std::span<const Scenario> catalogue) {
  std::map<std::string, std::string> sections;
  std::string contents;
  for (const Scenario& s : catalogue) {
    if (!s.remedy.empty()) continue;
    auto& section = sections[s.cause];
    if (section.empty()) section = fmt::format("## {}\n\n", s.cause);
    section += markdown_of(s, catalogue);
  }
  for (const auto& [cause, section] : sections)
    contents += fmt::format("- [{0}](#{0})\n", cause);
  std::string out =
      "# Causes\n\nWhat makes a reverse proxy answer 502, 504, 503, 500 or 499, or cut a 200 "
      "short: "
      "the shipped catalogue.\nThis page is made from the scenario files by "
      "`badgate show --markdown`; edit those.\n\n" +
      contents + "\n";
  for (const auto& [cause, section] : sections)
    out += section;
  out.pop_back();
  return out;
}

}  // namespace badgate::harness
