// The round trip: every line that a scenario of the catalogue makes a proxy write goes into
// `reproduce`, and the same line should come out.
//
//   round_trip [--proxy builtin|nginx|haproxy] [--by builtin|nginx] [--remedies]
//              [--show] [PART-OF-A-NAME …]
//
// --proxy writes the lines, --by reproduces them. Of HAProxy the lines with a termination state
// count, written as its `option httplog` has them and reproduced on HAProxy. Of nginx: of each
// scenario the lines of level error and above count, and those below where it has no others; of
// lines that differ in nothing that is compared one. The search sees the line alone.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "harness/catalogue.h"
#include "harness/drivers/registry.h"
#include "harness/evidence/evidence.h"
#include "harness/load.h"
#include "harness/reproduce/identity.h"
#include "harness/reproduce/play.h"
#include "harness/reproduce/search.h"
#include "harness/scenario_needs.h"
#include "harness/workers.h"

namespace {

using namespace badgate::harness;
using nlohmann::json;
using reproduce::Played;

bool is_failure(const std::string& level) {
  return level == "error" || level == "crit" || level == "alert" || level == "emerg";
}

// One of each kind, the failures if there are any.
std::vector<std::string> lines_of(const Played& played) {
  // Clients that close an idle connection are no evidence of anything.
  const auto is_farewell = [](const auto& line) {
    return line.message.find(" closed keepalive connection") != std::string::npos;
  };
  const bool failures = std::any_of(played.error_log.begin(), played.error_log.end(),
                                    [](const auto& line) { return is_failure(line.level); });
  std::vector<std::string> out;
  std::vector<evidence::Evidence> seen;
  for (const auto& line : played.error_log) {
    if ((failures && !is_failure(line.level)) || is_farewell(line)) continue;
    const auto read = evidence::read_line(line.written);
    if (!read) {
      out.push_back(line.written);
      continue;
    }
    const bool known = std::any_of(seen.begin(), seen.end(), [&](const auto& other) {
      return reproduce::differences(other, *read).empty();
    });
    if (known) continue;
    seen.push_back(*read);
    out.push_back(line.written);
  }
  return out;
}

// The same line with a date and the cookies that HAProxy's own format has.
std::string as_httplog(const std::string& line) {
  const auto client = line.find(' ');
  if (client == line.npos) return line;
  return "Nov 23 04:15:25 lb haproxy[812]: " + line.substr(0, client) +
         " [23/Nov/2026:04:15:25.655]" + line.substr(client);
}

std::vector<std::string> ends_of(const Played& played) {
  std::vector<std::string> out;
  std::vector<evidence::Evidence> seen;
  for (const auto& line : played.access_log) {
    const auto written = as_httplog(line.written);
    const auto read = evidence::read_line(written);
    if (!read) {  // counts as a miss
      out.push_back(written);
      continue;
    }
    if (read->code.starts_with("--")) continue;
    const bool known = std::any_of(seen.begin(), seen.end(), [&](const auto& other) {
      return reproduce::differences(other, *read).empty();
    });
    if (known) continue;
    seen.push_back(*read);
    out.push_back(written);
  }
  return out;
}

std::string why_not(const reproduce::Found& found) {
  if (found.tried.empty()) return "nothing is known that writes such a line";
  std::string out;
  for (const auto& attempt : found.tried) {
    out += fmt::format("      {}: ", attempt.scenario);
    if (!attempt.problem.empty()) {
      out += attempt.problem + "\n";
      continue;
    }
    if (attempt.nearest.empty()) out += "no line";
    for (const auto& d : attempt.differences)
      out += fmt::format("{}: \"{}\" not \"{}\"; ", d.what, d.got, d.wanted);
    out += "\n";
  }
  return out;
}

json trip(const Scenario& scenario, const RunOptions& options, const RunOptions& by) {
  json out = json::array();
  const Played played = reproduce::play(scenario, options);
  if (!played.problem.empty()) return {{"problem", played.problem}};
  const bool haproxy = options.proxy->name() == "haproxy";
  for (const std::string& line : haproxy ? ends_of(played) : lines_of(played)) {
    json one = {{"line", line}, {"ok", false}};
    if (const auto read = evidence::read_line(line)) {
      reproduce::SearchOptions how;
      how.run = by;
      const auto found = reproduce::search(*read, {}, how);
      one["ok"] = found.reproduced;
      one["by"] = found.reproduced ? found.tried.back().scenario : "";
      one["tried"] = found.tried.size();
      if (!found.reproduced) one["why"] = why_not(found);
    } else {
      one["why"] = "the line is not understood";
    }
    out.push_back(std::move(one));
  }
  return out;
}

struct Tally {
  std::size_t lines = 0;
  std::size_t same = 0;
  std::size_t tried = 0;
};

void add(const Scenario& scenario, const json& lines, bool show, Tally& tally) {
  if (lines.is_object()) {
    fmt::print("SKIP  {}: {}\n", scenario.name, lines.at("problem").get<std::string>());
    return;
  }
  for (const json& line : lines) {
    ++tally.lines;
    tally.tried += line.value("tried", 0U);
    if (line.at("ok").get<bool>()) {
      ++tally.same;
      if (show) fmt::print("ok    {} ({})\n", scenario.name, line.at("by").get<std::string>());
      continue;
    }
    fmt::print("MISS  {}\n    {}\n{}\n", scenario.name, line.at("line").get<std::string>(),
               line.at("why").get<std::string>());
  }
}

}  // namespace

int main(int argc, char** argv) {
  bool show = false;
  bool remedies = false;  // their lines, too
  std::string proxy = "builtin";
  std::string by = "builtin";
  Filter filter;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--show") {
      show = true;
    } else if (word == "--remedies") {
      remedies = true;
    } else if (word == "--proxy" && i + 1 < argc) {
      proxy = argv[++i];
    } else if (word == "--by" && i + 1 < argc) {
      by = argv[++i];
    } else {
      filter.names.push_back(word);
    }
  }
  const auto driver = drivers::find_driver(proxy);
  if (proxy == "haproxy") by = proxy;
  const auto other = drivers::find_driver(by);
  if (!driver || !other) {
    fmt::print(stderr, "{}\n", (driver ? other : driver).error().message);
    return 3;
  }
  const std::array<std::string, 1> folder{catalogue_folder()};
  auto scenarios = load(folder).scenarios;
  std::erase_if(scenarios, [&](const Scenario& s) {
    return (!s.remedy.empty() && !remedies) || !filter.passes(s) || s.clock == ClockNeed::real ||
           starts_programs(s);
  });
  Workers workers;
  workers.jobs = std::max(1U, std::thread::hardware_concurrency());
  workers.tasks = scenarios.size();
  workers.alone = [](std::size_t) { return true; };
  workers.work = [&](std::size_t i, int interrupt_fd) {
    RunOptions options;
    options.clock = ClockChoice::virtual_clock;
    options.interrupt_fd = interrupt_fd;
    options.proxy = driver->get();
    RunOptions again = options;
    again.proxy = other->get();
    return trip(scenarios[i], options, again).dump(-1, ' ', false, json::error_handler_t::replace);
  };
  Tally tally;
  std::size_t died = 0;
  workers.on_result = [&](std::size_t i, std::string result, std::string how_died) {
    if (!how_died.empty()) {
      fmt::print("DIED  {}: {}\n", scenarios[i].name, how_died);
      ++died;
    }
    const auto lines = json::parse(result, nullptr, false);
    if (!lines.is_discarded()) add(scenarios[i], lines, show, tally);
    return true;
  };
  if (!run_workers(workers)) return 3;
  fmt::print(
      "{} lines of {} scenarios, {} come out again ({:.1f} %), {:.1f} runs a line\n", tally.lines,
      scenarios.size(), tally.same,
      tally.lines == 0 ? 0.0
                       : 100.0 * static_cast<double>(tally.same) / static_cast<double>(tally.lines),
      tally.lines == 0 ? 0.0 : static_cast<double>(tally.tried) / static_cast<double>(tally.lines));
  // A catalogue of which next to nothing was played proves nothing.
  const std::size_t least = filter.names.empty() ? 100 : 1;
  return died == 0 && tally.lines >= least && tally.same * 100 >= tally.lines * 95 ? 0 : 1;
}
