// The routes that play and check scenario files.
#include "harness/lab/api.h"
#include "harness/lab/play.h"
#include "harness/lab/play_request.h"

namespace badgate::harness::lab {
namespace {

void play_route(const Rooms& rooms, const Call& call, const Reply& reply) {
  const auto request = read_play_request(call.request.body);
  if (!request) {
    reply(refused(400, request.error().message));
    return;
  }
  PlayedText played{.text = request->toml, .remedy = request->remedy, .seed = request->seed};
  if (!request->scenario.empty()) {
    const auto* scenario = rooms.shelf.find(request->scenario);
    if (scenario == nullptr) {
      reply(refused(404, "the catalogue has no scenario of this name"));
      return;
    }
    played.text = scenario->text;
    played.file = scenario->name + ".toml";
    played.name = scenario->name;
    played.ours = true;
  }
  answer_in_child(
      rooms.jobs,
      [played = std::move(played)](int interrupt_fd) { return play(played, interrupt_fd); }, reply);
}

}  // namespace

void add_play_routes(Routes& routes, const Rooms& rooms) {
  routes.add("POST", "/api/play",
             [rooms](const Call& call, const Reply& reply) { play_route(rooms, call, reply); });
  routes.add("POST", "/api/check", [rooms](const Call& call, const Reply& reply) {
    const auto text = read_check_request(call.request.body);
    if (!text) {
      reply(refused(400, text.error().message));
      return;
    }
    answer_in_child(
        rooms.jobs, [text = *text](int) { return check(text); }, reply);
  });
}

}  // namespace badgate::harness::lab
