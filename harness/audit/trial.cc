#include "harness/audit/trial.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <utility>

#include "harness/load.h"
#include "harness/outcome.h"
#include "harness/scenario_needs.h"
#include "harness/toml_text.h"
#include "harness/workers.h"
#include "net/text.h"

namespace badgate::harness::audit {
namespace {

bool says(const nginx_conf::SkeletonServer& server, std::string_view key) {
  for (const nginx_conf::Line& line : server.lines) {
    if (line.key == key) return true;
  }
  return false;
}

std::string expectation(const change::Answer& answer, const change::Answer& healthy) {
  std::string out = fmt::format("completeness = \"{}\"", to_string(answer.completeness));
  if (answer.status > 0) out = fmt::format("status = {}, {}", answer.status, out);
  if (is_masked(answer, healthy)) out += fmt::format(", body_hash = \"{}\"", answer.body);
  return fmt::format("expect = {{ {}, elapsed = \"{}\" }}\n", out,
                     net::format_duration(answer.elapsed));
}

// Faults in the network need a namespace of their own.
bool changes_its_process(std::string_view text) {
  if (text.find("firewall = ") == text.npos) return false;
  const Loaded loaded = load_text(text, "audit.toml", "audit");
  return loaded.ok() && needs_own_process(loaded.scenarios.front());
}

// As a worker sends it: the number of connections, and what was seen.
std::string play_text(const std::string& text, const RunOptions& options) {
  change::Seen seen;
  const Loaded loaded = load_text(text, "audit.toml", "audit");
  if (!loaded.ok()) {
    seen.broken = loaded.diagnostics.front().message;
    return "0 " + to_json(seen);
  }
  const Scenario& scenario = loaded.scenarios.front();
  const Outcome outcome = run(scenario, options);
  std::uint64_t connections = 0;
  for (const BackendSeen& backend : outcome.backends)
    connections += backend.connections;
  return fmt::format("{} {}", connections, to_json(change::seen_in(scenario, outcome)));
}

Played read_played(std::string_view text, const std::string& how_died) {
  Played played;
  const auto space = std::min(text.find(' '), text.size());
  auto seen = change::seen_from_json(text.substr(std::min(text.size(), space + 1)));
  if (seen && how_died.empty()) {
    static_cast<change::Seen&>(played) = std::move(*seen);
    played.connections = net::parse_number(text.substr(0, space)).value_or(0);
  } else {
    played.broken =
        how_died.empty() ? seen.error().message : "the process that played it " + how_died;
  }
  return played;
}

}  // namespace

bool is_masked(const change::Answer& answer, const change::Answer& healthy) {
  return answer.status >= 200 && answer.status < 400 &&
         answer.completeness == Completeness::whole && !healthy.body.empty() &&
         answer.body != healthy.body;
}

bool is_short(const change::Answer& answer, const change::Answer& healthy) {
  return is_masked(answer, healthy) && answer.status == healthy.status && answer.bytes > 0 &&
         answer.bytes < healthy.bytes && healthy.start.starts_with(answer.start);
}

nginx_conf::Skeleton with_faults(nginx_conf::Skeleton skeleton, const Trial& trial) {
  for (nginx_conf::SkeletonServer& server : skeleton.groups.front().servers) {
    for (const nginx_conf::Line& line : trial.server_lines) {
      std::erase_if(server.lines, [&](const nginx_conf::Line& old) { return old.key == line.key; });
      server.lines.push_back(line);
    }
  }
  if (trial.fault.empty() || trial.whom == Whom::nobody) return skeleton;
  for (nginx_conf::SkeletonServer& server : skeleton.groups.front().servers) {
    if (says(server, "down") || (trial.spares_backups && says(server, "backup"))) continue;
    server.lines.push_back({"fault", trial.fault, {}});
    if (trial.whom == Whom::first) break;
  }
  return skeleton;
}

std::string requests_text(const Trial& trial, const std::string& prefix, const change::Seen* seen,
                          const change::Answer& healthy) {
  std::string out;
  for (std::size_t i = 0; i < trial.requests.size(); ++i) {
    const TrialRequest& request = trial.requests[i];
    out += fmt::format("\n[[{}request]]\n", prefix);
    if (!request.name.empty()) out += fmt::format("name = {}\n", toml_string(request.name));
    if (request.method != "GET") out += fmt::format("method = \"{}\"\n", request.method);
    if (request.method != "GET" && request.more.empty()) out += "body_text = \"a=1\"\n";
    out += fmt::format("path = {}\n", toml_string(request.path));
    if (!request.host.empty())
      out += fmt::format("headers = {{ Host = {} }}\n", toml_string(request.host));
    if (request.reuse) out += "reuse = true\n";
    out += request.more;
    if (seen != nullptr && i < seen->answers.size()) out += expectation(seen->answers[i], healthy);
  }
  return out;
}

std::string scenario_text(const nginx_conf::Skeleton& skeleton, const Trial& trial,
                          const std::string& title) {
  return fmt::format("title = {}\nlimit = \"30h\"\n\n{}{}", toml_string(title),
                     to_toml(with_faults(skeleton, trial), false),
                     requests_text(trial, {}, nullptr));
}

net::Result<std::vector<Played>> play(const std::vector<std::string>& texts,
                                      const PlayTrials& options) {
  std::map<std::string_view, std::size_t> places;
  std::vector<std::string_view> single;
  for (const std::string& text : texts) {
    if (places.emplace(text, single.size()).second) single.push_back(text);
  }
  std::vector<Played> played(single.size());
  Workers workers;
  workers.jobs = options.jobs;
  workers.tasks = single.size();
  workers.work = [&](std::size_t task, int interrupt_fd) {
    RunOptions run_options = options.run;
    run_options.interrupt_fd = interrupt_fd;
    return play_text(std::string(single[task]), run_options);
  };
  workers.alone = [&](std::size_t task) { return changes_its_process(single[task]); };
  workers.on_result = [&](std::size_t task, std::string result, std::string how_died) {
    played[task] = read_played(result, how_died);
    return true;
  };
  if (auto done = run_workers(workers); !done) return tl::unexpected(done.error());
  std::vector<Played> all;
  for (const std::string& text : texts)
    all.push_back(played[places.at(text)]);
  return all;
}

}  // namespace badgate::harness::audit
