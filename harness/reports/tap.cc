#include <fmt/core.h>

#include "harness/reports/case_text.h"
#include "harness/reports/formats.h"
#include "harness/reports/text_forms.h"

namespace badgate::harness::reports {
namespace {

using State = Verdict::State;

// A description or a reason: "#" would begin a directive (TAP 14, "Escaping").
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : one_line(valid_utf8(text))) {
    if (c == '#' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string entry(std::string_view indent, std::string_view key, std::string_view value) {
  return fmt::format("{}{}: {}\n", indent, key, yaml_quoted(value));
}

std::string mismatch(const Mismatch& m) {
  constexpr std::string_view kIndent = "      ";
  return "    - " + entry("", "what", m.what) + entry(kIndent, "expected", m.expected) +
         entry(kIndent, "actual", m.actual) + entry(kIndent, "file", m.position.file) +
         fmt::format("      line: {}\n      column: {}\n", m.position.line, m.position.column);
}

std::string repeats(const Repeats& r) {
  return fmt::format("  runs: {}\n  passed: {}\n  failed: {}\n  skipped: {}\n  broken: {}\n",
                     r.runs, r.passed, r.failed, r.skipped, r.broken);
}

// For tests that did not pass, and for those that ran several times.
std::string yaml_block(const Case& one) {
  const bool bad = one.state == State::failed || one.state == State::broken;
  if (!bad && !one.repeats) return {};
  std::string text = "  ---\n";
  if (bad) {
    text += entry("  ", "message", headline(one));
    text += fmt::format("  severity: {}\n", one.state == State::failed ? "fail" : "error");
    text += fmt::format("  at:\n{}    line: {}\n", entry("    ", "file", one.file), one.line);
  }
  if (!one.mismatches.empty()) text += "  mismatches:\n";
  for (const Mismatch& m : one.mismatches)
    text += mismatch(m);
  if (bad && !one.explanation.story.empty()) text += entry("  ", "story", one.explanation.story);
  if (one.repeats) text += repeats(*one.repeats);
  return text + "  ...\n";
}

}  // namespace

std::string tap_report(const RunReport& report) {
  std::string text = fmt::format("TAP version 14\n1..{}\n# {}\n", report.cases.size(),
                                 one_line(valid_utf8(circumstances(report))));
  if (!report.complete) text += "# the run was broken off: what was not run is not ok\n";
  for (std::size_t i = 0; i < report.cases.size(); ++i) {
    const Case& one = report.cases[i];
    const bool ok = one.state == State::passed || one.state == State::skipped;
    text += fmt::format("{} {} - {}", ok ? "ok" : "not ok", i + 1, escaped(one.name));
    if (one.state == State::skipped) text += " # SKIP " + escaped(one.reason);
    text += "\n" + yaml_block(one);
  }
  return text;
}

}  // namespace badgate::harness::reports
