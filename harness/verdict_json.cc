#include "harness/verdict_json.h"

#include <nlohmann/json.hpp>

namespace badgate::harness {

using nlohmann::json;

namespace {

json ns(net::Duration d) {
  return d.count();
}
net::Duration duration(const json& j) {
  return net::Duration(j.get<std::int64_t>());
}

}  // namespace

// nlohmann's functions are found by these names.
// NOLINTBEGIN(readability-identifier-naming)

static void to_json(json& j, const Position& p) {
  j = {p.file, p.line, p.column};
}
static void from_json(const json& j, Position& p) {
  p = {j.at(0).get<std::string>(), j.at(1).get<std::uint32_t>(), j.at(2).get<std::uint32_t>()};
}

static void to_json(json& j, const Mismatch& m) {
  j = {{"position", m.position}, {"what", m.what}, {"expected", m.expected}, {"actual", m.actual}};
}
static void from_json(const json& j, Mismatch& m) {
  m = {j.at("position").get<Position>(), j.at("what").get<std::string>(),
       j.at("expected").get<std::string>(), j.at("actual").get<std::string>()};
}

static void to_json(json& j, const Fact& f) {
  j = {ns(f.at.time_since_epoch()), f.who, f.what};
}
static void from_json(const json& j, Fact& f) {
  f = {net::TimePoint(duration(j.at(0))), j.at(1).get<std::string>(), j.at(2).get<std::string>()};
}

static void to_json(json& j, const BackendSeen& b) {
  j = {{"name", b.name},         {"connections", b.connections}, {"requests", b.requests},
       {"executed", b.executed}, {"responses", b.responses},     {"receipt", b.receipt},
       {"log", b.log},           {"counted", b.counted}};
}
static void from_json(const json& j, BackendSeen& b) {
  j.at("name").get_to(b.name);
  j.at("connections").get_to(b.connections);
  j.at("requests").get_to(b.requests);
  j.at("executed").get_to(b.executed);
  j.at("responses").get_to(b.responses);
  j.at("receipt").get_to(b.receipt);
  j.at("log").get_to(b.log);
  j.at("counted").get_to(b.counted);
}

// NOLINTEND(readability-identifier-naming)

// The responses and log entries themselves are judged where they were made; of them the timeline
// tells people all that they need.
std::string to_json(const Verdict& v, bool with_timeline) {
  json j = {{"state", static_cast<int>(v.state)},
            {"name", v.name},
            {"title", v.title},
            {"file", v.file},
            {"reason", v.reason},
            {"mismatches", v.mismatches},
            {"expectations", v.expectations},
            {"hash", v.hash},
            {"wall", ns(v.wall)},
            {"modelled", ns(v.outcome.modelled)},
            {"timeline", json::array()},
            {"backends", v.outcome.backends}};
  if (with_timeline) j["timeline"] = v.outcome.timeline;
  // Log lines may hold any bytes; those that are not UTF-8 are replaced.
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

net::Result<Verdict> verdict_from_json(std::string_view text) {
  const json j = json::parse(text, nullptr, false);
  if (j.is_discarded()) return net::fail("a worker sent something that is not JSON");
  Verdict v;
  v.state = static_cast<Verdict::State>(j.at("state").get<int>());
  j.at("name").get_to(v.name);
  j.at("title").get_to(v.title);
  j.at("file").get_to(v.file);
  j.at("reason").get_to(v.reason);
  j.at("mismatches").get_to(v.mismatches);
  j.at("expectations").get_to(v.expectations);
  j.at("hash").get_to(v.hash);
  v.wall = duration(j.at("wall"));
  v.outcome.modelled = duration(j.at("modelled"));
  j.at("timeline").get_to(v.outcome.timeline);
  j.at("backends").get_to(v.outcome.backends);
  return v;
}

}  // namespace badgate::harness
