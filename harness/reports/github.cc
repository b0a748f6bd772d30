#include <fmt/core.h>

#include "harness/reports/case_text.h"
#include "harness/reports/formats.h"
#include "harness/reports/text_forms.h"

namespace badgate::harness::reports {
namespace {

using State = Verdict::State;

// As actions/toolkit does it (escapeData, escapeProperty): a line end would end the command, a
// colon or a comma the property.
std::string escaped(std::string_view text, bool property) {
  std::string out;
  for (const char c : valid_utf8(text)) {
    const bool special = c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','));
    out += special ? fmt::format("%{:02X}", static_cast<unsigned>(c)) : std::string(1, c);
  }
  return out;
}

std::string annotation(std::string_view level, const Position& at, const std::string& title,
                       const std::string& message) {
  std::string text = fmt::format("::{} file={},line={}", level, escaped(at.file, true), at.line);
  if (at.column > 0) text += fmt::format(",col={}", at.column);
  return text + fmt::format(",title={}::{}\n", escaped(title, true), escaped(message, false));
}

std::string annotations(const Case& one) {
  const Position at{one.file, one.line, 0};
  std::string text;
  switch (one.state) {
    case State::passed:
      break;
    case State::skipped:
      return annotation("notice", at, one.name, "skipped: " + one.reason);
    case State::broken:
      return annotation("error", at, one.name, "badgate could not tell: " + one.reason);
    case State::failed:
      for (const Mismatch& m : one.mismatches)
        text += annotation("error", m.position, one.name, sentence(m));
      if (one.repeats) text += annotation("error", at, one.name, rates(one));
  }
  return text;
}

}  // namespace

std::string github_report(const RunReport& report) {
  std::string text;
  for (const Case& one : report.cases)
    text += annotations(one);
  if (!report.complete) text += "::error title=badgate::the run was broken off\n";
  return text;
}

}  // namespace badgate::harness::reports
