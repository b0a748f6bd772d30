#include "harness/reports/case_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/reports/terminal.h"

namespace badgate::harness::reports {
namespace {

constexpr std::size_t kMostSteps = 120;

std::string share(std::size_t part, std::size_t all, std::string_view what) {
  if (part == 0) return {};
  return fmt::format("{} {} of {}", what, part, all);
}

void add(std::string& list, const std::string& more) {
  if (more.empty()) return;
  if (!list.empty()) list += ", ";
  list += more;
}

}  // namespace

std::string place_of(const Position& position) {
  return fmt::format("{}:{}:{}", position.file, position.line, position.column);
}

std::string place_of(const Case& one) {
  return fmt::format("{}:{}", one.file, one.line);
}

std::string sentence(const Mismatch& m) {
  return fmt::format("{}: expected {}, was {}", m.what, m.expected, m.actual);
}

std::string headline(const Case& one) {
  if (one.state != Verdict::State::failed) return one.reason;
  if (one.mismatches.empty()) return "an expectation was not met";
  const auto more = one.mismatches.size() - 1;
  const auto first = sentence(one.mismatches.front());
  return more == 0 ? first : fmt::format("{} (and {} more)", first, more);
}

std::string timeline_text(const Case& one) {
  std::size_t width = 0;
  for (const Step& step : one.timeline)
    width = std::max(width, step.who.size());
  const auto line = [&](const Step& step) {
    return fact_line({step.at, step.who, step.what}, width, false) + "\n";
  };
  std::string text;
  const std::size_t size = one.timeline.size();
  const std::size_t head = std::min(size, kMostSteps / 2);
  const std::size_t tail = std::max(head, size - std::min(size, kMostSteps / 2));
  for (std::size_t i = 0; i < head; ++i)
    text += line(one.timeline[i]);
  if (const auto left_out = tail - head + one.left_out.timeline; left_out > 0)
    text += fmt::format("  … {} more …\n", left_out);
  for (std::size_t i = tail; i < size; ++i)
    text += line(one.timeline[i]);
  return text;
}

std::string rates(const Case& one) {
  return one.repeats ? rates(*one.repeats) : std::string();
}

std::string rates(const Repeats& r) {
  std::string text;
  add(text, share(r.passed, r.runs, "passed"));
  add(text, share(r.failed, r.runs, "failed"));
  add(text, share(r.broken, r.runs, "broken"));
  add(text, share(r.skipped, r.runs, "skipped"));
  if (r.bad_seeds.empty()) return text;
  return text + fmt::format(" (seed{} {}{})", r.bad_seeds.size() == 1 ? "" : "s",
                            fmt::join(r.bad_seeds, ", "),
                            r.bad_seeds.size() < r.failed + r.broken ? ", …" : "");
}

std::string counts_text(const RunReport& report) {
  using enum Verdict::State;
  const Totals all = totals(report);
  std::string text = fmt::format("{} passed, {} failed", all.of(passed), all.of(failed));
  if (all.of(broken) > 0) text += fmt::format(", {} broken", all.of(broken));
  if (all.of(skipped) > 0) text += fmt::format(", {} skipped", all.of(skipped));
  return text;
}

std::string circumstances(const RunReport& report) {
  std::string text =
      fmt::format("badgate {}, seed {}, proxy {}", report.badgate, report.seed, report.proxy);
  if (!report.proxy_version.empty()) text += " " + report.proxy_version;
  text += fmt::format(", {} clock", report.clock);
  if (report.shard) text += fmt::format(", shard {}/{}", report.shard->number, report.shard->of);
  return text;
}

}  // namespace badgate::harness::reports
