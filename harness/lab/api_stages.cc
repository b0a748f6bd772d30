// The routes of stages: scenarios on the real clock, for programs outside.
#include "harness/lab/api.h"
#include "harness/lab/stage_request.h"

namespace badgate::harness::lab {
namespace {

// Of a body that changes faults: a list of 50 is far from it.
constexpr std::size_t kMostFaultsBody = std::size_t{64} << 10;

void begin(const Rooms& rooms, const Call& call, const Reply& reply) {
  auto request = read_stage_request(call.request.body);
  if (!request) {
    reply(refused(400, request.error().message));
    return;
  }
  auto played = played_text(rooms.shelf, request->scenario, std::move(request->toml));
  if (!played) {
    reply(refused(404, played.error().message));
    return;
  }
  played->remedy = std::move(request->remedy);
  played->seed = request->seed;
  rooms.stages.begin(std::move(*played), reply);
}

}  // namespace

void add_stage_routes(Routes& routes, const Rooms& rooms) {
  routes.add("POST", "/api/stages",
             [rooms](const Call& call, const Reply& reply) { begin(rooms, call, reply); });
  routes.add("GET", "/api/stages/{id}", [rooms](const Call& call, const Reply& reply) {
    rooms.stages.ask(call.parts.at("id"), "outcome", reply);
  });
  routes.add("DELETE", "/api/stages/{id}", [rooms](const Call& call, const Reply& reply) {
    rooms.stages.end(call.parts.at("id"), reply);
  });
  routes.add("POST", "/api/stages/{id}/faults", [rooms](const Call& call, const Reply& reply) {
    if (call.request.body.size() > kMostFaultsBody) {
      reply(refused(413, "a list of faults has 64 KiB at most"));
      return;
    }
    const auto request = read_faults_request(call.request.body);
    if (!request) {
      reply(refused(400, request.error().message));
      return;
    }
    rooms.stages.ask(call.parts.at("id"), "faults " + call.request.body, reply);
  });
  routes.add("POST", "/api/stages/{id}/reset", [rooms](const Call& call, const Reply& reply) {
    rooms.stages.ask(call.parts.at("id"), "reset", reply);
  });
}

}  // namespace badgate::harness::lab
