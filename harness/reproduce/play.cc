#include "harness/reproduce/play.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "harness/judge.h"
#include "harness/matrix/cell.h"
#include "harness/scenario_needs.h"
#include "harness/workers.h"

namespace badgate::harness::reproduce {
namespace {

using nlohmann::json;

// By what is expected of nginx, or of the other proxy: nothing may be.
std::vector<std::string> mismatches(const Scenario& scenario, Outcome outcome,
                                    const drivers::Driver* proxy) {
  const bool nginx = proxy == nullptr || proxy->is_nginx();
  const auto tolerance = outcome.real_clock ? Tolerance::real_clock() : Tolerance::virtual_clock();
  const auto verdict = nginx ? judge(scenario, std::move(outcome), tolerance)
                             : judge_on(scenario, std::move(outcome), proxy->name());
  std::vector<std::string> out;
  for (const Mismatch& m : verdict.mismatches)
    out.push_back(fmt::format("{}: expected {}, got {}", m.what, m.expected, m.actual));
  return out;
}

Played played(const Scenario& scenario, const RunOptions& options) {
  Outcome outcome = run(scenario, options);
  Played out;
  for (const LogLine& line : outcome.error_log)
    out.error_log.push_back(
        {line.written.empty() ? line.whole : line.written, line.message, line.level});
  for (const AccessEntry& entry : outcome.access)
    out.access_log.push_back({entry.line, {}, {}});
  for (const Response& response : outcome.responses)
    out.responses.push_back({response.request, response.status,
                             response.completeness == Completeness::whole, response.client_left,
                             response.elapsed});
  out.start_error = outcome.start_error;
  out.interrupted = outcome.broken == kInterrupted;
  out.problem = outcome.broken.empty() ? outcome.skipped : outcome.broken;
  out.cell = matrix::text_of(matrix::cell_of(outcome));
  if (out.problem.empty()) out.mismatches = mismatches(scenario, std::move(outcome), options.proxy);
  return out;
}

std::string as_json(const Played& played) {
  json j = {{"error", json::array()},     {"access", json::array()},
            {"responses", json::array()}, {"mismatches", played.mismatches},
            {"cell", played.cell},        {"start_error", played.start_error},
            {"problem", played.problem},  {"interrupted", played.interrupted}};
  for (const Logged& line : played.error_log)
    j["error"].push_back({line.written, line.message, line.level});
  for (const Logged& line : played.access_log)
    j["access"].push_back({line.written, line.message, line.level});
  for (const Ended& r : played.responses)
    j["responses"].push_back({r.request, r.status, r.whole, r.left, r.elapsed.count()});
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::vector<Logged> lines_in(const json& list) {
  std::vector<Logged> out;
  for (const json& line : list)
    out.push_back({line.at(0).get<std::string>(), line.at(1).get<std::string>(),
                   line.at(2).get<std::string>()});
  return out;
}

Played from_json(const std::string& text) {
  Played out;
  const json j = json::parse(text, nullptr, false);
  if (j.is_discarded()) {
    out.problem = "a worker sent something that is not JSON";
    return out;
  }
  out.error_log = lines_in(j.at("error"));
  out.access_log = lines_in(j.at("access"));
  for (const json& r : j.at("responses"))
    out.responses.push_back({r.at(0).get<std::string>(), r.at(1).get<int>(), r.at(2).get<bool>(),
                             r.at(3).get<bool>(), net::Duration(r.at(4).get<std::int64_t>())});
  j.at("mismatches").get_to(out.mismatches);
  j.at("cell").get_to(out.cell);
  j.at("start_error").get_to(out.start_error);
  j.at("problem").get_to(out.problem);
  j.at("interrupted").get_to(out.interrupted);
  return out;
}

}  // namespace

const std::vector<Logged>& log_of(const Played& played, evidence::Source source) {
  return source == evidence::Source::nginx_error ? played.error_log : played.access_log;
}

Played play(const Scenario& scenario, const RunOptions& options) {
  if (!needs_own_process(scenario)) return played(scenario, options);
  Played out;
  Workers workers;
  workers.tasks = 1;
  workers.alone = [](std::size_t) { return true; };
  workers.work = [&](std::size_t, int interrupt_fd) {
    RunOptions own = options;
    own.interrupt_fd = interrupt_fd;
    return as_json(played(scenario, own));
  };
  workers.on_result = [&](std::size_t, std::string result, std::string how_died) {
    out = how_died.empty() ? from_json(result) : Played();
    if (!how_died.empty()) out.problem = "the process that ran it " + how_died;
    return true;
  };
  if (const auto done = run_workers(workers); !done) {
    out.problem = done.error().message;
    out.interrupted = out.problem == kInterrupted;
  }
  return out;
}

}  // namespace badgate::harness::reproduce
