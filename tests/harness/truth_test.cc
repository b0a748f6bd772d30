// Whether the causes that `badgate explain` names are the true ones: every scenario of the
// catalogue is played, and its log, error and access lines as they came, goes through the Digest.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/diagnosis/digest.h"
#include "harness/diagnosis/ingest.h"
#include "harness/evidence/nginx_error.h"
#include "harness/load.h"
#include "harness/run.h"
#include "harness/scenario_needs.h"
#include "harness/workers.h"

using namespace badgate::harness;
using namespace badgate::harness::diagnosis;
using nlohmann::json;

namespace {

using Lines = std::vector<std::string>;

// Scenarios that are made of several failures: the row of the whole, and those of which its lines
// may speak. A scenario's own rows and its own cause are always right.
const std::map<std::string, std::set<std::string>> kMadeOf = {
    {"O1", {"D1", "A3", "A13", "I1", "D7"}},       // overload: timeouts, then queues, then nobody
    {"O2", {"A1", "A3", "D1", "D2", "D3", "I1"}},  // restarts and deploys
    {"O3", {"A1", "D2", "D3", "F1", "F2"}},        // killed for want of memory
    {"O4", {"D1", "D2", "D3", "L1"}},              // retries of what is slow or dies
    {"O6", {"D1", "D2"}},                          // two timeouts of the same length
    {"L5", {"L1", "D1"}},                          // the balancer in front leaves
    {"L1", {"A3"}},                                // a client leaves while nginx is connecting
    {"G1", {"A1", "A10", "A11", "A12"}},           // PHP-FPM is not there
    {"G2", {"D1", "A3", "A13", "G17", "L1"}},      // PHP-FPM has no child left
    {"G17", {"D1", "G2"}},                         // a slow script, or no child: the same line
    {"H2", {"A1", "A2"}},                          // the address of yesterday refuses
    {"H7", {"H6"}},                                // answers that are none: no answer in time
    {"I4", {"K2", "D2"}},                          // kept connections, one after the other
    {"J9", {"A1"}},                                // what the error page hides
    {"D7", {"D1", "A3"}},                          // a stopped process is slow, then deaf
    {"E10", {"F3"}},                               // an interim response, then nothing
    {"E9", {"F3"}},
    {"E11", {"F3"}},
    {"A18", {"E2", "A1", "B2", "F3"}},  // whatever listens at the wrong port
};

// Remedies that turn a failure into another one, which their lines then speak of.
const std::map<std::string, std::string> kTurnedInto = {
    {"early-response/answer-and-close", "J8"},  // nginx refuses the upload itself
    {"unix-socket/queue-is-full", "A3"},        // over TCP a full queue is silent
    {"stalled-response/export-pauses", "D1"},   // a pause before the header
};

// An answer of the application's own is its own, whatever made it answer so; no error line speaks
// of it.
constexpr std::string_view kOwnAnswer = "D8";

// What plays on a real PHP-FPM has the causes of the fake one.
std::string cause_of(const Scenario& scenario) {
  return scenario.cause == "real-php-fpm" ? "php-fpm" : scenario.cause;
}

// What HAProxy writes one termination state for: its line cannot tell them apart.
const std::vector<std::set<std::string>> kAlikeInHaproxy = {
    {"A1", "A2", "A6", "A7", "A8",  "A9",  "A10", "A11", "A12", "A13", "A14", "A18", "B2", "B5",
     "B6", "B7", "B8", "B9", "B10", "B11", "B12", "B15", "H2",  "I1",  "I2",  "O2",  "O3"},  // SC
    {"A3", "A4", "A5", "B3", "B4", "D7"},                                                    // sC
    {"A17", "B1", "B13", "C3", "C5", "C6", "C7", "D2", "D3", "D4", "E2", "K2", "K3", "K5", "O3",
     "O6", "F4", "E1"},  // SH
    {"C1", "C2", "C8", "D1", "D4", "D5", "D7", "K4", "O1", "O4", "O6", "H6", "E9", "E10", "E11",
     "F3"},                                                                            // sH
    {"E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8", "E10", "A18", "B1", "F5", "F8"},  // PH
    {"F1", "F2", "F4", "F6", "F7", "F12", "B14", "C3", "C5", "E5"},                    // SD
    {"F3", "M1", "C1", "C2", "C8"},                                                    // sD
    {"L1", "L2", "L3", "L5", "L7", "L4", "O4"},                                        // C…, c…
};

std::set<std::string> accepted_rows(const Scenario& scenario) {
  std::set<std::string> rows(scenario.rows.begin(), scenario.rows.end());
  for (const auto& row : scenario.rows) {
    if (const auto at = kMadeOf.find(row); at != kMadeOf.end())
      rows.insert(at->second.begin(), at->second.end());
  }
  const auto name = scenario.name.substr(0, scenario.name.find(':'));
  if (const auto at = kTurnedInto.find(name); at != kTurnedInto.end() && !scenario.remedy.empty())
    rows.insert(at->second);
  return rows;
}

// Both logs in the order in which they were written.
Lines log_of(const Outcome& outcome) {
  Lines lines;
  std::size_t errors = 0;
  std::size_t requests = 0;
  for (const Fact& fact : outcome.timeline) {
    if (fact.who == "error.log" && errors < outcome.error_log.size())
      lines.push_back(outcome.error_log[errors++].whole);
    if (fact.who == "access.log" && requests < outcome.access.size())
      lines.push_back(outcome.access[requests++].line);
  }
  return lines;
}

// The logs of all scenarios, in the catalogue's order.
std::vector<Lines> play(const std::vector<Scenario>& scenarios) {
  std::vector<Lines> logs(scenarios.size());
  Workers workers;
  workers.jobs = 2;
  workers.tasks = scenarios.size();
  workers.work = [&](std::size_t i, int interrupt_fd) {
    const RunOptions options{.interrupt_fd = interrupt_fd, .programs = false};
    const json lines = log_of(run(scenarios[i], options));
    return lines.dump(-1, ' ', false, json::error_handler_t::replace);
  };
  workers.alone = [&](std::size_t i) { return needs_own_process(scenarios[i]); };
  workers.on_result = [&](std::size_t i, std::string result, const std::string& how_died) {
    CAPTURE(scenarios[i].name);
    CHECK(how_died.empty());
    logs[i] = json::parse(result).get<Lines>();
    return true;
  };
  CHECK(run_workers(workers).has_value());
  return logs;
}

struct Tally {
  std::size_t lines = 0;
  std::size_t first = 0;
  std::size_t in_set = 0;
  std::map<std::string, std::size_t> missed;  // how often
  std::map<std::string, std::size_t> unread;  // lines that cannot be read, or failures of no rule
};

// The rows that this line can speak of.
std::set<std::string> rows_of(const Scenario& scenario, const std::string& proxy,
                              const std::string& line) {
  auto rows = accepted_rows(scenario);
  if (!evidence::split_nginx_error(line)) rows.emplace(kOwnAnswer);
  if (proxy != "haproxy") return rows;
  const auto own = rows;
  for (const auto& alike : kAlikeInHaproxy) {
    const auto of = [&](const std::string& row) {
      return row != kOwnAnswer && alike.contains(row);
    };
    if (std::ranges::any_of(own, of)) rows.insert(alike.begin(), alike.end());
  }
  return rows;
}

void judge_line(const Scenario& scenario, const std::string& proxy, const std::string& line,
                const Verdicts::Entry& entry, Tally& tally) {
  const auto rows = rows_of(scenario, proxy, line);
  const auto right = [&](const Suspect& s) {
    return s.cause == cause_of(scenario) || rows.contains(s.row);
  };
  const auto& suspects = entry.diagnosis.suspects;
  ++tally.lines;
  const bool first = !suspects.empty() && right(suspects.front());
  const bool in_set = std::ranges::any_of(suspects, right);
  tally.first += first ? 1 : 0;
  tally.in_set += in_set ? 1 : 0;
  if (first) return;
  const auto named =
      suspects.empty() ? "nothing" : suspects.front().scenario + " " + suspects.front().row;
  ++tally.missed[fmt::format("{}: {} in place of {}: {}", in_set ? "not first" : "NOT IN THE SET",
                             named, scenario.name.substr(0, scenario.name.find(':')),
                             line.substr(0, line.find(", client")).substr(0, 150))];
}

// Lines of which no cause is named would otherwise be missing from what is counted.
void look_for_unread(const std::string& line, Tally& tally) {
  static const std::set<std::string> kFailures = {"error", "crit", "alert", "emerg"};
  const auto e = evidence::read_line(line);
  if (e && (!kFailures.contains(e->level) || verdict_of({*e, {}}).rule != nullptr)) return;
  ++tally.unread[line];
}

void judge_log(const Scenario& scenario, const std::string& proxy, const Lines& lines,
               Tally& tally) {
  Digest digest([&](const Event& event, const Verdicts::Entry& entry, const Verdicts::Entry* root) {
    // "temporarily disabled" repeats the line beside it.
    if (entry.verdict.rule->role == Role::disabled && root != nullptr) return;
    judge_line(scenario, proxy, std::string(event.line), entry, tally);
  });
  Ingest ingest(digest, {}, true);
  for (const auto& line : lines) {
    look_for_unread(line, tally);
    ingest.add_line(line);
  }
  ingest.finish();
}

void report(const Tally& tally, std::string_view what) {
  fmt::print(
      "{}: {} lines; the right cause is first for {} ({:.2f} %), in the set for {} ({:.2f} %)\n",
      what, tally.lines, tally.first,
      100.0 * static_cast<double>(tally.first) / static_cast<double>(tally.lines), tally.in_set,
      100.0 * static_cast<double>(tally.in_set) / static_cast<double>(tally.lines));
  for (const auto& [miss, times] : tally.missed)
    fmt::print("  {} × {}\n", times, miss);
  for (const auto& [line, times] : tally.unread)
    fmt::print("  {} × not read: {}\n", times, line);
}

// A file that ci/record-evidence has written: "# NAME" and the lines of that scenario's logs.
std::map<std::string, Lines> recorded(const std::string& file) {
  std::map<std::string, Lines> logs;
  std::ifstream in(BADGATE_SOURCE "/tests/golden/evidence/" + file);
  std::string name;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("# ")) {
      name = line.substr(2);
    } else {
      logs[name].push_back(line);
    }
  }
  return logs;
}

void judge_recorded(const std::string& proxy, const std::string& file, Tally& tally) {
  const auto loaded = load(std::vector<std::string>{BADGATE_SOURCE "/scenarios"});
  REQUIRE(loaded.ok());
  const auto logs = recorded(file);
  for (const Scenario& scenario : loaded.scenarios) {
    const auto log = logs.find(scenario.name);
    if (log != logs.end()) judge_log(scenario, proxy, log->second, tally);
  }
  report(tally, file);
}

}  // namespace

TEST_CASE("explain names the true cause of a real nginx's lines") {
  Tally tally;
  judge_recorded("nginx", "nginx-1.22.1.log", tally);
  CHECK(tally.lines > 290);
  CHECK(tally.unread.empty());
  CHECK(static_cast<double>(tally.first) >= 0.95 * static_cast<double>(tally.lines));
  CHECK(tally.in_set == tally.lines);
}

TEST_CASE("explain names the true cause of a real HAProxy's lines") {
  Tally tally;
  judge_recorded("haproxy", "haproxy-2.6.12.log", tally);
  CHECK(tally.lines > 145);
  CHECK(tally.unread.empty());
  CHECK(static_cast<double>(tally.first) >= 0.95 * static_cast<double>(tally.lines));
  CHECK(tally.in_set == tally.lines);
}

TEST_CASE("explain names the true cause of the catalogue's lines") {
  const auto loaded = load(std::vector<std::string>{BADGATE_SOURCE "/scenarios"});
  REQUIRE(loaded.ok());
  const auto logs = play(loaded.scenarios);
  Tally tally;
  for (std::size_t i = 0; i < logs.size(); ++i)
    judge_log(loaded.scenarios[i], "builtin", logs[i], tally);
  report(tally, "catalogue");
  CHECK(tally.lines > 3600);
  CHECK(tally.unread.empty());
  CHECK(static_cast<double>(tally.first) >= 0.95 * static_cast<double>(tally.lines));
  CHECK(tally.in_set == tally.lines);
}
