#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "harness/reports/case_text.h"
#include "harness/reports/formats.h"
#include "harness/reports/text_forms.h"

namespace badgate::harness::reports {
namespace {

using State = Verdict::State;

constexpr std::size_t kMostBytes = 900'000;

// Text that shall look as it is, within a line or a cell of a table.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : valid_utf8(text)) {
    if (c == '\n') {
      out += "<br>";
    } else if (c == '&' || c == '<' || c == '>') {
      out += xml_text(std::string_view(&c, 1));
    } else if (std::string_view("\\`*_[]#|~").find(c) != std::string_view::npos) {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) >= 0x20) {
      out += c;
    }
  }
  return out;
}

// A fence that no line of the text can close.
std::string fenced(const std::string& text) {
  std::size_t longest = 2;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  return fmt::format("{0}text\n{1}{0}\n", fence, valid_utf8(text));
}

std::string counted(std::size_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

std::string title_of(const RunReport& report) {
  const Totals all = totals(report);
  std::string text = fmt::format("# badgate: {}\n\n", counts_text(report));
  if (!report.complete) text += "**The run was broken off: not everything was run.**\n\n";
  text += "| | passed | failed | broken | skipped | expectations |\n";
  text += "|---|---:|---:|---:|---:|---:|\n";
  text += fmt::format(
      "| {}, {} | {} | {} | {} | {} | {} |\n\n", counted(all.scenarios, "scenario", "scenarios"),
      counted(all.remedies, "remedy", "remedies"), all.of(State::passed), all.of(State::failed),
      all.of(State::broken), all.of(State::skipped), all.expectations);
  return text + fmt::format("{}.\n", plain(circumstances(report)));
}

std::string bad_case(const Case& one) {
  std::string text =
      fmt::format("\n### {} {}\n\n{}\n\n`{}`\n\n",
                  one.state == State::failed ? "Failed:" : "Broken:", plain(one.name),
                  plain(one.title), plain(place_of(one)));
  if (one.repeats) text += "\n" + plain(rates(one)) + ".\n";
  if (!one.reason.empty()) text += "\n" + plain(one.reason) + "\n";
  if (!one.mismatches.empty()) text += "\n| | expected | actual | where |\n|---|---|---|---|\n";
  for (const Mismatch& m : one.mismatches) {
    text += fmt::format("| {} | {} | {} | {} |\n", plain(m.what), plain(m.expected),
                        plain(m.actual), plain(place_of(m.position)));
  }
  if (!one.explanation.story.empty())
    text += fmt::format("\nWhat it shows: {}\n", plain(one.explanation.story));
  if (!one.timeline.empty()) {
    text += fmt::format("\n<details><summary>What happened</summary>\n\n{}\n</details>\n",
                        fenced(timeline_text(one)));
  }
  return text;
}

std::string failures(const RunReport& report, std::size_t room) {
  std::string text;
  std::size_t left_out = 0;
  for (const Case& one : report.cases) {
    if (one.state != State::failed && one.state != State::broken) continue;
    const auto more = bad_case(one);
    if (left_out > 0 || text.size() + more.size() > room) {
      ++left_out;
    } else {
      text += more;
    }
  }
  if (text.empty() && left_out == 0) return {};
  if (left_out > 0)
    text += fmt::format("\n… and {} more, for which this page has no room.\n", left_out);
  return "\n## What is wrong\n" + text;
}

// Causes with something wrong in them.
std::string causes(const RunReport& report) {
  struct Count {
    std::size_t cases = 0;
    std::size_t bad = 0;
  };
  std::map<std::string, Count> by_cause;
  for (const Case& one : report.cases) {
    ++by_cause[one.cause].cases;
    by_cause[one.cause].bad += one.state == State::failed || one.state == State::broken ? 1 : 0;
  }
  std::erase_if(by_cause, [](const auto& entry) { return entry.second.bad == 0; });
  if (by_cause.empty()) return {};
  std::string text = "\n## Causes\n\n| cause | not passed | of |\n|---|---:|---:|\n";
  for (const auto& [cause, count] : by_cause)
    text += fmt::format("| {} | {} | {} |\n", plain(cause), count.bad, count.cases);
  return text;
}

std::string rates_of(const RunReport& report) {
  std::string text;
  for (const Case& one : report.cases) {
    if (one.repeats && one.repeats->passed != one.repeats->runs)
      text += fmt::format("| {} | {} |\n", plain(one.name), plain(rates(one)));
  }
  if (text.empty()) return {};
  return "\n## Not the same each time, or never passed\n\n| | |\n|---|---|\n" + text;
}

std::string skips(const RunReport& report) {
  std::map<std::string, std::vector<std::string>> by_reason;
  for (const Case& one : report.cases) {
    if (one.state == State::skipped) by_reason[one.reason].push_back(one.name);
  }
  if (by_reason.empty()) return {};
  std::string text = "\n## Skipped\n\n";
  for (const auto& [reason, names] : by_reason) {
    constexpr std::size_t kNamed = 5;
    text += fmt::format("- {}: ", plain(reason));
    for (std::size_t i = 0; i < std::min(names.size(), kNamed); ++i)
      text += (i > 0 ? ", " : "") + plain(names[i]);
    if (names.size() > kNamed) text += fmt::format(" and {} more", names.size() - kNamed);
    text += "\n";
  }
  return text;
}

}  // namespace

std::string markdown_report(const RunReport& report) {
  const std::string head = title_of(report) + causes(report);
  std::string tail = rates_of(report) + skips(report);
  if (tail.size() > kMostBytes / 2) tail = "\nThere is no room for what was skipped.\n";
  return head + failures(report, kMostBytes - std::min(kMostBytes, head.size() + tail.size())) +
         tail;
}

}  // namespace badgate::harness::reports
