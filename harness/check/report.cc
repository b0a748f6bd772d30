#include "harness/check/report.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/printable.h"
#include "harness/reports/text.h"
#include "net/text.h"

namespace badgate::harness::check {
namespace {

using Level = Finding::Level;
using nlohmann::json;

struct Mark {
  const char* word;
  const char* colour;
};
constexpr Mark kWell{"ok   ", "32"};

Mark mark_of(const Findings& findings) {
  const auto is = [&](Level level) {
    return std::ranges::any_of(findings, [&](const Finding& f) { return f.level == level; });
  };
  if (is(Level::wrong)) return {"WRONG", "31"};
  if (is(Level::warning)) return {"warn ", "33"};
  return kWell;
}

std::string place(const Position& position) {
  return position.line == 0 ? std::string()
                            : fmt::format("{}:{}", printable(position.file), position.line);
}

// "app 10.0.0.1:8080"
std::string name_of(const Target& target) {
  const auto address = printable(target.address, 50);
  return target.in_block ? fmt::format("{} {}", printable(target.group, 30), address) : address;
}

std::string finding_lines(const Finding& finding) {
  std::string out;
  if (!finding.fix.empty()) out += reports::wrapped("cure: " + printable(finding.fix), "       ");
  if (!finding.scenario.empty()) out += fmt::format("       badgate show {}\n", finding.scenario);
  return out;
}

// The first finding stands behind the name, the others below it.
std::string lines_of(const std::string& name, std::size_t width, const std::string& well,
                     const Findings& findings, const std::string& at, bool colour, bool verbose) {
  const Mark mark = mark_of(findings);
  std::string out =
      fmt::format("{}  {:<{}}  ", reports::painted(mark.word, mark.colour, colour), name, width);
  const bool fine = mark.word == kWell.word;
  out += (fine ? well : printable(findings.front().what, 300)) + "\n";
  bool first = !fine;
  for (const Finding& finding : findings) {
    if (finding.level == Level::note && !verbose) continue;
    if (!first) out += reports::wrapped(printable(finding.what, 300), "       ");
    first = false;
    out += finding_lines(finding);
  }
  if (!fine && !at.empty()) out += fmt::format("       {}\n", at);
  return out;
}

json findings_json(const Findings& findings) {
  json all = json::array();
  for (const Finding& finding : findings) {
    constexpr std::array<const char*, 3> kLevels{"note", "warning", "wrong"};
    all.push_back({{"level", kLevels[static_cast<std::size_t>(finding.level)]},
                   {"what", finding.what},
                   {"fix", finding.fix},
                   {"scenario", finding.scenario}});
  }
  return all;
}

json ms(const std::optional<net::Duration>& time) {
  if (!time) return nullptr;
  return std::chrono::duration<double, std::milli>(*time).count();
}

json addresses_json(const Seen& seen) {
  json all = json::array();
  for (const AddressSeen& address : seen.addresses) {
    json one = {{"address", address.at.to_string()},
                {"failure", address.as_told.failure},
                {"connected_ms", ms(address.as_told.connected)},
                {"first_byte_ms", ms(address.as_told.first_byte)},
                {"status", address.as_told.head.status}};
    if (address.queue)
      one["queue"] = {{"waiting", address.queue->waiting}, {"limit", address.queue->limit}};
    all.push_back(std::move(one));
  }
  return all;
}

json position_json(const Position& position) {
  return {{"file", position.file}, {"line", position.line}};
}

}  // namespace

std::string to_text(const Report& report, bool colour, bool verbose) {
  if (report.targets.empty() && report.certificates.empty())
    return fmt::format("{} passes requests to nobody.\n", printable(report.file));
  std::size_t width = 0;
  for (const TargetReport& one : report.targets)
    width = std::max(width, name_of(one.target).size());
  for (const CertificateReport& one : report.certificates)
    width = std::max(width, printable(one.file, 60).size());
  width = std::min<std::size_t>(width, 40);
  std::string out;
  std::size_t wrong = 0;
  for (const TargetReport& one : report.targets) {
    const auto at = fmt::format("{}, used by {}", place(one.target.position),
                                printable(one.target.used_by, 60));
    out += lines_of(name_of(one.target), width, one.well, one.findings, at, colour, verbose);
    wrong += mark_of(one.findings).word[0] == 'W' ? 1 : 0;
  }
  for (const CertificateReport& one : report.certificates) {
    out += lines_of(printable(one.file, 60), width, one.well, one.findings, place(one.position),
                    colour, verbose);
    wrong += mark_of(one.findings).word[0] == 'W' ? 1 : 0;
  }
  return out + fmt::format("\n{} upstream address{}, {} certificate{}: {} wrong. As {}{}.\n",
                           report.targets.size(), report.targets.size() == 1 ? "" : "es",
                           report.certificates.size(), report.certificates.size() == 1 ? "" : "s",
                           wrong, report.around.user.name,
                           report.around.running ? fmt::format(", of the nginx that runs (pid {})",
                                                               report.around.running->master)
                                                 : std::string(", nginx's user"));
}

std::string to_json(const Report& report) {
  json targets = json::array();
  for (const TargetReport& one : report.targets) {
    targets.push_back({{"group", one.target.group},
                       {"address", one.target.address},
                       {"directive", one.target.directive()},
                       {"tls", one.target.tls.has_value()},
                       {"used_by", one.target.used_by},
                       {"position", position_json(one.target.position)},
                       {"well", one.well},
                       {"addresses", addresses_json(one.seen)},
                       {"findings", findings_json(one.findings)}});
  }
  json certificates = json::array();
  for (const CertificateReport& one : report.certificates) {
    certificates.push_back({{"file", one.file},
                            {"position", position_json(one.position)},
                            {"well", one.well},
                            {"findings", findings_json(one.findings)}});
  }
  const json j = {{"file", report.file},
                  {"well", report.well()},
                  {"user", report.around.user.name},
                  {"nginx", report.around.running ? json(report.around.running->master) : json()},
                  {"upstreams", targets},
                  {"certificates", certificates}};
  return j.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace badgate::harness::check
