#include "harness/change/report.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <numeric>

#include "harness/printable.h"
#include "net/text.h"

namespace badgate::harness::change {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMany = 20;  // answers: then shares tell more than numbers
constexpr std::size_t kWidestRequest = 32;
constexpr std::size_t kMostLocations = 5;  // that are named
constexpr std::size_t kIndent = 11;
constexpr std::size_t kWidth = 98;
constexpr std::size_t kShortestTitle = 20;

bool alike(const Answer& a, const Answer& b) {
  return a.status == b.status && a.completeness == b.completeness && a.left == b.left;
}

// To a tenth of a second, or of the whole.
std::string time_text(net::Duration time) {
  const auto ms = std::chrono::round<std::chrono::milliseconds>(time);
  if (time < 1s) return net::format_duration(ms);
  return net::format_duration(
      std::chrono::milliseconds(std::chrono::round<std::chrono::milliseconds>(ms / 100) * 100));
}

std::string text_of(const Kind& kind, std::size_t all) {
  std::string out = what(kind.first);
  if (all >= kMany) {
    out +=
        fmt::format(" {:.1f}%", 100.0 * static_cast<double>(kind.times) / static_cast<double>(all));
  } else if (kind.times > 1) {
    out += fmt::format(" ×{}", kind.times);
  }
  if (kind.longest >= 1ms)
    out += (kind.times > 1 ? " in up to " : " after ") + time_text(kind.longest);
  return out;
}

unsigned tries_of(const std::vector<Answer>& answers) {
  return std::accumulate(answers.begin(), answers.end(), 0U,
                         [](unsigned sum, const Answer& a) { return sum + a.tries; });
}

// Of an error page nobody reads it.
bool other_body(const std::vector<Answer>& a, const std::vector<Answer>& b) {
  return !std::ranges::equal(a, b, [](const Answer& x, const Answer& y) {
    return harm_of(x) != Harm::good || harm_of(y) != Harm::good || x.body == y.body;
  });
}

std::string request_name(const Scenario& scenario, std::size_t index) {
  const bool load = scenario.load.has_value();
  if (!load && index >= scenario.requests.size()) return fmt::format("request {}", index + 1);
  const Request& request = load ? scenario.load->request : scenario.requests[index];
  std::string line =
      request.data.empty() ? request.method + " " + request.path : std::string("raw bytes");
  if (!request.name.empty()) line = request.name;
  if (scenario.requests.size() > 1) line = fmt::format("{}. {}", index + 1, line);
  return load ? "each " + line : line;
}

class Text {
 public:
  Text(const std::vector<Scenario>& scenarios, const ReportOptions& options)
      : scenarios_(scenarios), options_(options) {}

  std::string of(const std::vector<Comparison>& comparisons) {
    for (const Comparison& comparison : comparisons) {
      heading(comparison);
      for (const std::size_t i : order(comparison))
        scenario(scenarios_[i], comparison.differences[i]);
      if (!out_.empty() && !out_.ends_with("\n\n")) out_ += "\n";
      if (comparisons.size() > 1) out_ += counts(summary_of({comparison})) + "\n\n";
    }
    if (comparisons.size() > 1) out_ += "All together:\n";
    for (const std::string& note : options_.notes)
      out_ += printable(note) + "\n";
    out_ += counts(summary_of(comparisons)) + "\n";
    return std::move(out_);
  }

 private:
  std::string paint(std::string_view text, Judgement judgement) const {
    if (!options_.colour) return std::string(text);
    const auto* colour = judgement == Judgement::worse    ? "1;31"
                         : judgement == Judgement::better ? "32"
                         : judgement == Judgement::other  ? "33"
                                                          : "2";
    return fmt::format("\x1b[{}m{}\x1b[0m", colour, text);
  }

  void heading(const Comparison& comparison) {
    const auto& locations = comparison.locations;
    for (std::size_t i = 0; i < std::min(locations.size(), kMostLocations); ++i)
      out_ += printable(locations[i]) + "\n";
    if (locations.size() > kMostLocations)
      out_ += fmt::format("… and {} more\n", locations.size() - kMostLocations);
    if (comparison.in_common)
      out_ += "Played with the settings that all have in common; --location plays one alone.\n";
    std::size_t width = 0;
    for (const ChangedSetting& changed : comparison.changed)
      width = std::max(width, changed.name.size());
    for (const ChangedSetting& changed : comparison.changed) {
      out_ += fmt::format("  {:{}}  {} → {}{}\n", changed.name, width, printable(changed.before),
                          printable(changed.after),
                          changed.where.empty() ? "" : "  " + printable(changed.where));
    }
    if (!comparison.changed.empty()) out_ += "\n";
  }

  // Worse first, and of those the greatest harm; the rest as in the catalogue.
  std::vector<std::size_t> order(const Comparison& comparison) const {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < comparison.differences.size(); ++i) {
      const auto& one = comparison.differences[i];
      if (!one.concerned) continue;
      const bool changed = one.not_played.empty() && one.judgement != Judgement::unchanged;
      if (options_.all || changed || !one.broken.empty()) order.push_back(i);
    }
    const auto key = [&](std::size_t i) {
      const auto& one = comparison.differences[i];
      return std::pair(one.not_played.empty() ? one.judgement : Judgement::unchanged, one.harm);
    };
    std::ranges::stable_sort(order, std::greater<>(), key);
    return order;
  }

  void scenario(const Scenario& scenario, const ScenarioDifference& one) {
    if (!one.not_played.empty()) {
      out_ += fmt::format("{}  {}\n           {}\n", paint("not played", Judgement::unchanged),
                          scenario.name, printable(one.not_played));
      return;
    }
    out_ += fmt::format(
        "{}  {}  {}\n", paint(fmt::format("{:9}", to_string(one.judgement)), one.judgement),
        scenario.name, one.judgement == Judgement::unchanged ? "" : title(scenario));
    requests(scenario, one);
    if (one.executions != Judgement::unchanged) {
      out_ += fmt::format("           executed {} → {}{}\n", how_often(one.executed_before),
                          how_often(one.executed_after),
                          one.executions == Judgement::other ? "" : ": it must not be repeated");
    }
    if (one.refused_before != one.refused_after) {
      out_ +=
          fmt::format("           {} → {}\n", start(one.refused_before), start(one.refused_after));
    }
  }

  static std::string start(const std::string& refused) {
    return refused.empty() ? "starts" : "does not start: " + printable(refused);
  }

  void requests(const Scenario& scenario, const ScenarioDifference& one) {
    std::vector<std::pair<std::string, const RequestDifference*>> rows;
    std::size_t width = 0;
    for (const RequestDifference& row : one.requests) {
      if (row.judgement == Judgement::unchanged && !options_.all) continue;
      rows.emplace_back(printable(request_name(scenario, row.request)), &row);
      width = std::max(width, std::min(kWidestRequest, glyphs(rows.back().first).size()));
    }
    for (const auto& [name, row] : rows)
      request(name + std::string(width - std::min(width, glyphs(name).size()), ' '), *row);
  }

  // In two lines, if one is too long.
  void request(const std::string& name, const RequestDifference& row) {
    const auto before = to_text(row.before, row.after);
    std::string after;
    if (row.judgement != Judgement::unchanged) after = "→ " + to_text(row.after, row.before);
    if (row.judgement == Judgement::other && other_body(row.before, row.after))
      after += ", another body";
    const auto width = kIndent + glyphs(name + before + after).size() + 3;
    const std::string indent(kIndent, ' ');
    const auto gap = width <= kWidth ? " " : "\n" + indent + std::string(glyphs(name).size(), ' ');
    out_ += fmt::format("{}{}  {}{}{}\n", indent, name, before, after.empty() ? "" : gap, after);
  }

  static std::string title(const Scenario& scenario) {
    const auto used = kIndent + scenario.name.size() + 2;
    return used + kShortestTitle > kWidth ? "" : printable(scenario.title, kWidth - used);
  }

  static std::string counts(const Summary& s) {
    return fmt::format("{} better, {} worse, {} other, {} unchanged{}", s.better, s.worse, s.other,
                       s.unchanged,
                       s.not_played > 0 ? fmt::format(" ({} not played)", s.not_played) : "");
  }

  const std::vector<Scenario>& scenarios_;
  const ReportOptions& options_;
  std::string out_;
};

}  // namespace

std::vector<Kind> kinds_of(const std::vector<Answer>& answers) {
  std::vector<Kind> kinds;
  for (const Answer& answer : answers) {
    auto kind =
        std::ranges::find_if(kinds, [&](const Kind& known) { return alike(known.first, answer); });
    if (kind == kinds.end()) {
      kind = kinds.insert(kinds.end(), Kind{.first = answer, .shortest = answer.elapsed});
    }
    ++kind->times;
    kind->tries += answer.tries;
    kind->shortest = std::min(kind->shortest, answer.elapsed);
    kind->longest = std::max(kind->longest, answer.elapsed);
  }
  return kinds;
}

std::string how_often(std::uint64_t times) {
  return times == 0   ? "never"
         : times == 1 ? "once"
         : times == 2 ? "twice"
                      : fmt::format("{} times", times);
}

std::string what(const Answer& answer) {
  if (answer.left) return answer.tunnel ? "101, left" : "left";
  if (answer.completeness == Completeness::raw) return "no HTTP";
  if (answer.status == 0) return "no answer";
  const auto status = fmt::format("{:03}", answer.status);
  if (answer.completeness == Completeness::whole) return status;
  return status + " " + std::string(to_string(answer.completeness));
}

std::string to_text(const std::vector<Answer>& answers, const std::vector<Answer>& others) {
  std::vector<std::string> texts;
  for (const Kind& kind : kinds_of(answers))
    texts.push_back(text_of(kind, answers.size()));
  if (texts.empty()) return "never made";
  std::string out = net::join(texts, ", ");
  const auto tries = tries_of(answers);
  if (tries != tries_of(others)) out += fmt::format(", {} {}", tries, tries == 1 ? "try" : "tries");
  return out;
}

std::string to_text(const std::vector<Scenario>& scenarios,
                    const std::vector<Comparison>& comparisons, const ReportOptions& options) {
  return Text(scenarios, options).of(comparisons);
}

}  // namespace badgate::harness::change
