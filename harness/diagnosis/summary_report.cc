#include "harness/diagnosis/summary_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "harness/printable.h"
#include "harness/reports/text.h"

namespace badgate::harness::diagnosis {
namespace {

constexpr std::size_t kCausesShown = 10;
constexpr std::size_t kNamesShown = 4;
constexpr std::size_t kNameWidth = 40;
constexpr std::size_t kExampleWidth = 300;

// "1,234,567".
std::string with_commas(std::uint64_t number) {
  std::string out = std::to_string(number);
  for (auto at = out.size(); at > 3;) {
    at -= 3;
    out.insert(at, ",");
  }
  return out;
}

std::string counted(std::uint64_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", with_commas(number), number == 1 ? one : many);
}

// A heading of a fixed width, and text that is wrapped behind it.
std::string row(std::string_view heading, std::string_view text) {
  constexpr std::size_t kHeading = 14;
  std::string out = reports::wrapped(text, std::string(kHeading, ' '));
  out.replace(3, heading.size(), heading);
  return out;
}

std::string names(const Counts& counts) {
  const auto top = counts.top(kNamesShown);
  std::string out;
  for (const auto& [name, count] : top.first) {
    if (!out.empty()) out += ", ";
    out += fmt::format("{} ({})", printable(name, kNameWidth), with_commas(count));
  }
  if (top.more > 0) out += fmt::format(" and {} more", with_commas(top.more));
  return out;
}

std::string when(const CauseSummary& cause) {
  std::string out = counted(cause.lines, "line", "lines");
  if (cause.first != 0) {
    out += fmt::format(", {}", written_time(cause.first));
    if (cause.last != cause.first) out += fmt::format(" to {}", written_time(cause.last));
  }
  if (const auto spike = cause.when.spike()) {
    out += fmt::format("; most of them at once: {} in the {} s from {} (otherwise {:.1f})",
                       with_commas(spike->count), spike->end - spike->begin,
                       written_time(spike->begin), spike->usual);
  }
  return out;
}

std::string in_short(const KnownCause& known) {
  return fmt::format("{} ({})", known.cause(), known.row);
}

std::string consequence(const CauseSummary& cause) {
  std::string out;
  for (const auto& [root, count] : cause.because_of) {
    if (!out.empty()) out += "; ";
    out += root == nullptr ? fmt::format("{} follow nothing that the log shows", with_commas(count))
                           : fmt::format("{} of it follow \"{}\": {}", with_commas(count),
                                         in_short(*root), root->plain);
  }
  return out;
}

std::string led_to(const CauseSummary& cause, const Summary& summary) {
  std::string out;
  const auto add = [&](std::uint64_t count, std::string_view what) {
    if (count == 0) return;
    out += fmt::format("{}{}, {} times", out.empty() ? "" : "; ", what, with_commas(count));
  };
  add(cause.marked, "a server counted as failed");
  add(cause.followed, "another line repeats it");
  for (const CauseSummary& other : summary.causes) {
    const auto at = other.because_of.find(cause.known);
    if (at != other.because_of.end()) add(at->second, "no live upstreams");
  }
  return out;
}

std::string helps(const CauseSummary& cause, std::span<const Scenario> catalogue) {
  const auto at = std::ranges::find(catalogue, cause.known->shown_by(), &Scenario::name);
  return at == catalogue.end() || at->explanation.helps.empty() ? ""
                                                                : at->explanation.helps.front();
}

std::string could_be(const CauseSummary& cause) {
  const auto& suspects = cause.diagnosis.suspects;
  std::string out;
  for (std::size_t i = 1; i < suspects.size(); ++i)
    out += fmt::format("{}{} ({})", out.empty() ? "" : ", ",
                       suspects[i].scenario.empty() ? suspects[i].cause : suspects[i].scenario,
                       suspects[i].row);
  return out;
}

std::string paragraph(std::size_t number, const CauseSummary& cause, const Summary& summary,
                      std::span<const Scenario> catalogue) {
  std::string title =
      reports::wrapped(fmt::format("{} {}", cause.known->plain, in_short(*cause.known)), "   ");
  const std::string mark = fmt::format("{}.", number);
  title.replace(0, mark.size(), mark);
  std::string out = "\n" + title;
  const auto add = [&](std::string_view heading, const std::string& text) {
    if (!text.empty()) out += row(heading, text);
  };
  add("seen", when(cause));
  add("upstreams", names(cause.upstreams));
  add("paths", names(cause.paths));
  add("because", consequence(cause));
  add("led to", led_to(cause, summary));
  add("why", cause.diagnosis.means);
  add("could be", could_be(cause));
  add("to be sure", std::string(cause.known->tell));
  add("helps", helps(cause, catalogue));
  if (!cause.known->shown_by().empty())
    add("see it", fmt::format("badgate run {}", cause.known->shown_by()));
  add("its line", printable(cause.example, kExampleWidth));
  return out;
}

}  // namespace

std::string written_time(std::int64_t second) {
  if (second == 0) return {};
  using namespace std::chrono;
  const sys_seconds time{seconds(second)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string summary_report(const Summary& summary, std::span<const Scenario> catalogue) {
  std::string out = counted(summary.lines, "line", "lines");
  if (summary.first != 0)
    out += fmt::format(", {} to {}", written_time(summary.first), written_time(summary.last));
  out += fmt::format("\n{} of {}", counted(summary.failures, "failure", "failures"),
                     counted(summary.causes.size(), "cause", "causes"));
  if (summary.unknown > 0)
    out += fmt::format("; {} that badgate cannot read", counted(summary.unknown, "line", "lines"));
  out += "\n";
  const auto shown = std::min(summary.causes.size(), kCausesShown);
  for (std::size_t i = 0; i < shown; ++i)
    out += paragraph(i + 1, summary.causes[i], summary, catalogue);
  if (shown > 0) out += "\n`badgate reproduce 'LINE'` plays one.\n";
  if (summary.causes.size() > shown)
    out += fmt::format("\n… and {} more, see --format json\n", summary.causes.size() - shown);
  return out;
}

}  // namespace badgate::harness::diagnosis
