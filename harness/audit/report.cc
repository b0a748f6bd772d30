#include "harness/audit/report.h"

#include <fmt/core.h>

#include <algorithm>

#include "harness/audit/subject.h"
#include "harness/printable.h"
#include "harness/reports/text.h"

namespace badgate::harness::audit {
namespace {

constexpr std::size_t kPlaces = 4;  // locations that are named; more are counted
constexpr std::size_t kWidth = 95;
constexpr std::string_view kIndent = "    ";
constexpr std::size_t kLabel = 38;  // columns of a table
constexpr std::size_t kColumn = 20;
constexpr std::size_t kPostColumn = 25;

std::string colour_of(Severity severity) {
  return severity == Severity::high ? "1;31" : severity == Severity::medium ? "1;33" : "1";
}

std::string counted(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string cell(const LocationKind& kind, const Fault& fault, Whom whom, std::string_view method) {
  const Exposure* seen = kind.find(fault.id, whom, method);
  if (seen == nullptr) return "–";
  std::string out = spoken(seen->answer, kind.healthy);
  if (is_masked(seen->answer, kind.healthy) && !is_short(seen->answer, kind.healthy))
    out.insert(3, "!");
  if (method == "POST" && seen->executed > 1)
    return out + fmt::format(" (done ×{})", seen->executed);
  return seen->answer.tries > 1 ? out + fmt::format(" ×{}", seen->answer.tries) : out;
}

void add_cell(std::string& out, const std::string& text, std::size_t width) {
  out += text;
  const std::size_t used = glyphs(text).size();
  out += std::string(used < width ? width - used : 1, ' ');
}

std::string trimmed(std::string line) {
  while (line.ends_with(' '))
    line.pop_back();
  return line + '\n';
}

std::string heading(const Audit& audit, const LocationKind& kind) {
  const auto& site = audit.site;
  const auto& pass = site.pass(kind.refs.front());
  std::string out = printable(place_of(site, kind.refs.front()), 60) + " → ";
  const nginx_conf::Group* group = site.group(kind.refs.front());
  out += group != nullptr ? printable(group->name, 40) : printable(pass.text, 40);
  if (group != nullptr && group->servers.size() > 1)
    out += fmt::format(" ({})", counted(group->servers.size(), "server"));
  if (kind.refs.size() > 1)
    out += fmt::format(", and {} that fail alike", counted(kind.refs.size() - 1, "more location"));
  return out;
}

// Empty: it was not played against this kind.
std::string row(const LocationKind& kind, const Fault& fault, bool several) {
  if (kind.find(fault.id, Whom::first_group) == nullptr) return {};
  const Whom one = several ? Whom::first : Whom::first_group;
  std::string line;
  add_cell(line, fmt::format("  {}", fault.says), kLabel);
  add_cell(line, cell(kind, fault, one, "GET"), kColumn);
  add_cell(line, cell(kind, fault, one, "POST"), kPostColumn);
  if (several) line += cell(kind, fault, Whom::first_group, "GET");
  return trimmed(std::move(line));
}

std::string table(const Audit& audit, const LocationKind& kind, bool colour) {
  std::string out = reports::painted(heading(audit, kind), "1", colour) + '\n';
  if (!kind.unplayed.empty())
    return out + fmt::format("  not played: {}\n", printable(kind.unplayed));
  const bool several = kind.skeleton.groups.front().servers.size() > 1;
  std::string head;
  add_cell(head, several ? "  one server, or all of them:" : "  the server:", kLabel);
  add_cell(head, several ? "one, GET" : "GET", kColumn);
  add_cell(head, several ? "one, POST" : "POST", kPostColumn);
  if (several) head += "all, GET";
  out += trimmed(head);
  for (const Fault& fault : faults())
    out += row(kind, fault, several);
  for (const Fault& fault : other_faults())
    out += row(kind, fault, several);
  return out;
}

std::string left_out(const Audit& audit) {
  std::vector<std::string> lines;
  for (const LocationKind& kind : audit.kinds) {
    for (const nginx_conf::LeftOut& one : kind.skeleton.left_out) {
      if (!one.matters) continue;
      std::string line =
          fmt::format("  {}:{}: {}: {}", printable(one.position.file), one.position.line,
                      printable(one.directive, 40), printable(one.why, 80));
      if (std::ranges::find(lines, line) == lines.end()) lines.push_back(std::move(line));
    }
  }
  if (lines.empty()) return {};
  std::string out = "Not played, because badgate's own proxy has nothing like it:\n";
  constexpr std::size_t most = 10;
  for (std::size_t i = 0; i < std::min(lines.size(), most); ++i)
    out += lines[i] + '\n';
  if (lines.size() > most) out += fmt::format("  … and {} more\n", lines.size() - most);
  return out + '\n';
}

std::string places(const Finding& finding) {
  std::string out;
  for (std::size_t i = 0; i < std::min(finding.places.size(), kPlaces); ++i)
    out += (i > 0 ? ", " : "") + printable(finding.places[i], 60);
  if (finding.places.size() > kPlaces)
    out += fmt::format(" and {} more", finding.places.size() - kPlaces);
  return out;
}

std::string others(const Finding& finding) {
  if (finding.others.empty()) return {};
  std::string lines;
  for (std::size_t i = 0; i < std::min(finding.others.size(), kPlaces); ++i) {
    const Position& other = finding.others[i];
    lines += i > 0 ? ", " : "";
    if (other.file != finding.at.file) lines += printable(other.file) + ':';
    lines += std::to_string(other.line);
  }
  if (finding.others.size() > kPlaces)
    lines += fmt::format(" and {} more", finding.others.size() - kPlaces);
  return fmt::format("    the same in {}{}\n", finding.others.size() > 1 ? "lines " : "line ",
                     lines);
}

std::string text_of(std::size_t index, const Finding& finding, const ReportOptions& options) {
  std::string out = fmt::format(
      "{:>2}. {}  {}  {}\n", index + 1,
      reports::painted(to_string(finding.severity), colour_of(finding.severity).c_str(),
                       options.colour),
      reports::painted(printable(finding.title, 200), "1", options.colour), "[" + finding.id + "]");
  out += fmt::format("    {}:{}: {}{}\n", printable(finding.at.file), finding.at.line,
                     printable(finding.said, 100), finding.is_default ? " (nginx's default)" : "");
  out += others(finding);
  out += reports::wrapped("in " + places(finding), kIndent, kWidth);
  out += reports::wrapped(printable(finding.detail, 1000), kIndent, kWidth);
  for (std::size_t i = 0; i < finding.fixes.size(); ++i)
    out += fmt::format("    {} {}\n", i == 0 ? "fix:" : "    ",
                       printable(to_text(finding.fixes[i]), 200));
  if (!finding.before.empty())
    out += fmt::format("    played: {}{}\n", finding.before,
                       finding.after.empty() ? "" : "; with the fix: " + finding.after);
  if (finding.scenario.empty() && !finding.shown_by.empty())
    out += fmt::format("    more: badgate show {}\n", finding.shown_by);
  if (options.scenarios && !finding.scenario.empty()) out += '\n' + finding.scenario;
  return out + '\n';
}

std::string summary(const Audit& audit) {
  std::size_t of[3] = {0, 0, 0};
  for (const Finding& finding : audit.findings)
    ++of[static_cast<std::size_t>(finding.severity)];
  if (audit.findings.empty()) return "no findings\n";
  return fmt::format("{}: {} high, {} medium, {} low\n", counted(audit.findings.size(), "finding"),
                     of[2], of[1], of[0]);
}

}  // namespace

std::string file_name(std::size_t index, const Finding& finding) {
  return fmt::format("{:02}-{}.toml", index + 1, finding.id);
}

std::string to_text(const Audit& audit, const ReportOptions& options) {
  std::size_t locations = 0;
  for (const LocationKind& kind : audit.kinds)
    locations += kind.refs.size();
  std::string out =
      fmt::format("{}: {}, {} that pass{} requests on, to {}; {} played\n\n",
                  printable(audit.site.file), counted(audit.site.servers.size(), "server"),
                  counted(locations, "location"), locations == 1 ? "es" : "",
                  counted(audit.site.groups.size(), "upstream"), counted(audit.played, "run"));
  if (options.tables) {
    for (const LocationKind& kind : audit.kinds)
      out += table(audit, kind, options.colour) + '\n';
    if (out.find("×") != out.npos) out += "×2: so many attempts; done ×2: so often executed\n";
    if (out.find("200!") != out.npos)
      out += "200!: not what the application answers, but an error page\n";
    if (out.find(", short") != out.npos)
      out += "200, short: only the beginning of the page, sent as if it were all of it\n";
    if (!out.ends_with("\n\n")) out += '\n';
    out += left_out(audit);
  }
  for (std::size_t i = 0; i < audit.findings.size(); ++i)
    out += text_of(i, audit.findings[i], options);
  return out + summary(audit);
}

}  // namespace badgate::harness::audit
