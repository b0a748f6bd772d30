// The routes of lessons; what is done in one goes through POST /api/play.
#include "harness/lab/api.h"
#include "harness/lab/json_body.h"
#include "harness/lab/lesson_json.h"
#include "harness/lab/lessons.h"

namespace badgate::harness::lab {

using nlohmann::json;

void add_lesson_routes(Routes& routes) {
  routes.add("GET", "/api/lessons", [](const Call&, const Reply& reply) {
    auto list = json::array();
    for (const Lesson& lesson : lessons())
      list.push_back(summary_of(lesson));
    reply({200, "application/json", to_text(list)});
  });
  routes.add("GET", "/api/lessons/{id}", [](const Call& call, const Reply& reply) {
    const Lesson* lesson = find_lesson(call.parts.at("id"));
    reply(lesson == nullptr ? refused(404, "there is no lesson of this id")
                            : HttpAnswer{200, "application/json", to_text(to_json(*lesson))});
  });
}

}  // namespace badgate::harness::lab
