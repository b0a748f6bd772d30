#include "harness/reports/json.h"

#include <fmt/core.h>

#include <chrono>
#include <nlohmann/json.hpp>

namespace badgate::harness::reports {

// Keys stay in the order in which they are written here.
using json = nlohmann::ordered_json;

namespace {

json seconds(net::Duration d) {
  return std::chrono::duration<double>(d).count();
}

json seconds(net::TimePoint at) {
  return seconds(at.time_since_epoch());
}

template <typename T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

json or_null(const std::optional<net::Duration>& value) {
  return value ? seconds(*value) : json(nullptr);
}

template <typename T, typename Write>
json list(const std::vector<T>& all, Write write) {
  json array = json::array();
  for (const T& one : all)
    array.push_back(write(one));
  return array;
}

json mismatch(const Mismatch& m) {
  return {{"what", m.what},          {"expected", m.expected},  {"actual", m.actual},
          {"file", m.position.file}, {"line", m.position.line}, {"column", m.position.column}};
}

json explanation(const Explanation& e) {
  return {{"story", e.story},
          {"user_sees", e.user_sees},
          {"evidence", e.evidence},
          {"helps", e.helps},
          {"does_not_help", e.does_not_help}};
}

json response(const Response& r) {
  const auto header = [](const auto& pair) { return json::array({pair.first, pair.second}); };
  return {{"request", r.request},
          {"status", r.status},
          {"completeness", to_string(r.completeness)},
          {"body_bytes", r.body_bytes},
          {"started", seconds(r.started)},
          {"elapsed", seconds(r.elapsed)},
          {"connection_end", r.connection_end},
          {"client_left", r.client_left},
          {"headers", list(r.headers, header)}};
}

json attempt(const Attempt& a) {
  return {{"server", a.server},
          {"status", or_null(a.status)},
          {"connect_time", or_null(a.connect_time)},
          {"header_time", or_null(a.header_time)},
          {"response_time", or_null(a.response_time)}};
}

json access(const AccessLine& entry) {
  return {{"at", seconds(entry.at)},
          {"line", entry.line},
          {"status", entry.status},
          {"request_time", seconds(entry.request_time)},
          {"attempts", list(entry.attempts, attempt)},
          {"code", entry.code}};
}

json error_line(const ErrorLine& line) {
  return {{"at", seconds(line.at)}, {"level", line.level}, {"message", line.message}};
}

json backend(const BackendLine& b) {
  return {{"name", b.name},
          {"connections", b.connections},
          {"requests", b.requests},
          {"executed", b.executed},
          {"responses", b.responses},
          {"receipt", b.receipt},
          {"log", b.log},
          {"counted", b.counted},
          {"fail_timeout", or_null(b.fail_timeout)},
          {"faults_pass", b.faults_pass}};
}

json step(const Step& s) {
  return {{"at", seconds(s.at)},       {"who", s.who},   {"what", s.what},
          {"kind", to_string(s.kind)}, {"from", s.from}, {"to", s.to}};
}

json most(const LoadSummary::Most& m) {
  return {{"at", seconds(m.at)}, {"value", m.value}};
}

json load(const LoadSummary& l) {
  json percentiles = json::object();
  for (const auto& [name, time] : l.percentiles)
    percentiles[name] = seconds(time);
  json attempts = json::object();
  for (const auto& [number, requests] : l.attempts_per_request)
    attempts[std::to_string(number)] = requests;
  const auto statuses = [](const LoadSummary::Statuses& s) {
    return json{{"at", seconds(s.at)}, {"counts", s.counts}};
  };
  return {{"interval", seconds(l.interval)},  {"statuses", list(l.statuses, statuses)},
          {"percentiles", percentiles},       {"queue", list(l.queue, most)},
          {"workers", list(l.workers, most)}, {"attempts_per_request", attempts}};
}

json repeats(const Repeats& r) {
  return {{"runs", r.runs},       {"passed", r.passed}, {"failed", r.failed},
          {"skipped", r.skipped}, {"broken", r.broken}, {"bad_seeds", r.bad_seeds}};
}

json one_case(const Case& c) {
  json j = {{"index", c.index},
            {"name", c.name},
            {"scenario", c.scenario},
            {"remedy", c.remedy},
            {"remedy_helps", c.remedy_helps},
            {"title", c.title},
            {"cause", c.cause},
            {"rows", c.rows},
            {"tags", c.tags},
            {"file", c.file},
            {"line", c.line},
            {"state", to_string(c.state)},
            {"reason", c.reason},
            {"mismatches", list(c.mismatches, mismatch)},
            {"expectations", c.expectations},
            {"hash", c.hash},
            {"wall_seconds", seconds(c.wall)},
            {"modelled_seconds", seconds(c.modelled)}};
  j["repeats"] = c.repeats ? repeats(*c.repeats) : json(nullptr);
  j["explanation"] = explanation(c.explanation);
  j["responses"] = list(c.responses, response);
  j["responses_cut"] = c.left_out.responses;
  j["access"] = list(c.access, access);
  j["access_cut"] = c.left_out.access;
  j["error_log"] = list(c.error_log, error_line);
  j["error_log_cut"] = c.left_out.error_log;
  j["backends"] = list(c.backends, backend);
  j["timeline"] = list(c.timeline, step);
  j["timeline_cut"] = c.left_out.timeline;
  j["load"] = c.load ? load(*c.load) : json(nullptr);
  return j;
}

json totals_of(const RunReport& report) {
  const Totals all = totals(report);
  return {{"scenarios", all.scenarios},
          {"remedies", all.remedies},
          {"passed", all.of(Verdict::State::passed)},
          {"failed", all.of(Verdict::State::failed)},
          {"skipped", all.of(Verdict::State::skipped)},
          {"broken", all.of(Verdict::State::broken)},
          {"expectations", all.expectations}};
}

// Log lines may hold any bytes; those that are not UTF-8 are replaced.
std::string text_of(const json& j) {
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

std::string case_json(const Case& one) {
  return text_of(one_case(one));
}

std::string json_report(const RunReport& report) {
  json head = {{"format", "badgate-report"},
               {"version", kJsonVersion},
               {"badgate", report.badgate},
               {"seed", report.seed},
               {"proxy", {{"name", report.proxy}, {"version", report.proxy_version}}},
               {"clock", report.clock}};
  head["shard"] = report.shard ? json(fmt::format("{}/{}", report.shard->number, report.shard->of))
                               : json(nullptr);
  head["selected"] = report.selected;
  head["complete"] = report.complete;
  head["wall_seconds"] = seconds(report.wall);
  head["totals"] = totals_of(report);
  // One case a line, so that people and diff can read it.
  std::string text = text_of(head);
  text.back() = ',';
  text += "\"cases\":[";
  for (std::size_t i = 0; i < report.cases.size(); ++i)
    text += (i == 0 ? "\n" : ",\n") + case_json(report.cases[i]);
  return text + "\n]}\n";
}

}  // namespace badgate::harness::reports
