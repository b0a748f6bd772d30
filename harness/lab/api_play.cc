// The routes that play and check scenario files.
#include "harness/lab/api.h"
#include "harness/lab/lesson_play.h"
#include "harness/lab/lessons.h"
#include "harness/lab/play.h"
#include "harness/lab/play_request.h"

namespace badgate::harness::lab {
namespace {

void play_lesson_route(const Rooms& rooms, const Call& call, const PlayRequest& request,
                       const Reply& reply) {
  const Lesson* lesson = find_lesson(request.lesson);
  if (lesson == nullptr) {
    reply(refused(404, "there is no lesson of this id"));
    return;
  }
  answer_in_child(
      rooms.jobs, call.request,
      [lesson, state = request.state](int interrupt_fd) {
        return play_lesson(*lesson, state, interrupt_fd);
      },
      reply);
}

void play_route(const Rooms& rooms, const Call& call, const Reply& reply) {
  auto request = read_play_request(call.request.body);
  if (!request) {
    reply(refused(400, request.error().message));
    return;
  }
  if (!request->lesson.empty()) {
    play_lesson_route(rooms, call, *request, reply);
    return;
  }
  auto played = played_text(rooms.shelf, request->scenario, std::move(request->toml));
  if (!played) {
    reply(refused(404, played.error().message));
    return;
  }
  played->remedy = std::move(request->remedy);
  played->seed = request->state.seed;
  answer_in_child(
      rooms.jobs, call.request,
      [played = std::move(*played)](int interrupt_fd) { return play(played, interrupt_fd); },
      reply);
}

}  // namespace

net::Result<PlayedText> played_text(const Shelf& shelf, const std::string& name, std::string toml) {
  PlayedText played{.text = std::move(toml)};
  if (name.empty()) return played;
  const auto* scenario = shelf.find(name);
  if (scenario == nullptr) return net::fail("the catalogue has no scenario of this name");
  played.text = scenario->text;
  played.file = scenario->name + ".toml";
  played.name = scenario->name;
  played.ours = true;
  return played;
}

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
        rooms.jobs, call.request, [text = *text](int) { return check(text); }, reply);
  });
}

}  // namespace badgate::harness::lab
