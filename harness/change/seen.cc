#include "harness/change/seen.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

namespace badgate::harness::change {
namespace {

using Key = std::pair<std::uint16_t, unsigned>;

constexpr std::size_t kStart = 64;  // bytes of a body

// By the client's port and which request of its connection it was.
std::map<Key, unsigned> tries_of(const Outcome& outcome) {
  std::map<Key, unsigned> tries;
  for (const AccessEntry& entry : outcome.access)
    tries[{entry.client_port, entry.nth}] = static_cast<unsigned>(entry.attempts.size());
  return tries;
}

// Health checks are executed, too, and nobody waits for them.
bool has_health_checks(const Scenario& scenario) {
  return std::ranges::any_of(scenario.proxy.upstreams, [](const proxy::Upstream& upstream) {
    return upstream.health_check.has_value();
  });
}

std::uint64_t executed_in(const Scenario& scenario, const Outcome& outcome) {
  if (has_health_checks(scenario)) return 0;
  std::uint64_t executed = 0;
  for (const BackendSeen& backend : outcome.backends) {
    const auto spec = std::ranges::find(scenario.backends, backend.name, &BackendSpec::name);
    if (spec != scenario.backends.end() && spec->upstream) executed += backend.executed;
  }
  return executed;
}

bool asked_for_tunnel(const Scenario& scenario, std::size_t request) {
  return request < scenario.requests.size() && !scenario.requests[request].upgrade.empty();
}

}  // namespace

Seen seen_in(const Scenario& scenario, const Outcome& outcome) {
  Seen seen;
  seen.real_clock = outcome.real_clock;
  seen.start_error = outcome.start_error;
  seen.skipped = outcome.skipped;
  seen.broken = outcome.broken;
  seen.executed = executed_in(scenario, outcome);
  const auto tries = tries_of(outcome);
  for (const Response& response : outcome.responses) {
    const auto entry = tries.find({response.client_port, response.nth});
    seen.answers.push_back(
        {.request = response.index,
         .status = response.status,
         .completeness = response.completeness,
         .left = response.client_left,
         .tunnel = response.status == 101 && asked_for_tunnel(scenario, response.index),
         .elapsed = response.elapsed,
         .tries = entry != tries.end() ? entry->second : 0,
         .body = response.body_hash,
         .bytes = response.body_bytes,
         .start = response.body.substr(0, kStart)});
  }
  return seen;
}

// nlohmann's functions are found by these names.
// NOLINTBEGIN(readability-identifier-naming)

using nlohmann::json;

static void to_json(json& j, const Answer& a) {
  j = {a.request,         a.status, a.completeness, a.left,  a.tunnel,
       a.elapsed.count(), a.tries,  a.body,         a.bytes, a.start};
}
static void from_json(const json& j, Answer& a) {
  a = {.request = j.at(0).get<std::size_t>(),
       .status = j.at(1).get<int>(),
       .completeness = j.at(2).get<Completeness>(),
       .left = j.at(3).get<bool>(),
       .tunnel = j.at(4).get<bool>(),
       .elapsed = net::Duration(j.at(5).get<std::int64_t>()),
       .tries = j.at(6).get<unsigned>(),
       .body = j.at(7).get<std::string>(),
       .bytes = j.at(8).get<std::uint64_t>(),
       .start = j.at(9).get<std::string>()};
}

// NOLINTEND(readability-identifier-naming)

std::string to_json(const Seen& seen) {
  const json j = {{"answers", seen.answers},       {"executed", seen.executed},
                  {"real_clock", seen.real_clock}, {"start_error", seen.start_error},
                  {"skipped", seen.skipped},       {"broken", seen.broken}};
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

net::Result<Seen> seen_from_json(std::string_view text) {
  const auto j = json::parse(text, nullptr, false);
  if (j.is_discarded()) return net::fail("a worker sent something that is not JSON");
  try {
    Seen seen;
    j.at("answers").get_to(seen.answers);
    j.at("executed").get_to(seen.executed);
    j.at("real_clock").get_to(seen.real_clock);
    j.at("start_error").get_to(seen.start_error);
    j.at("skipped").get_to(seen.skipped);
    j.at("broken").get_to(seen.broken);
    return seen;
  } catch (const json::exception& e) {
    return net::fail(std::string("a worker sent something odd: ") + e.what());
  }
}

}  // namespace badgate::harness::change
