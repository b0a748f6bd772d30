// The routes of incidents. What is to be found out leaves the server only with an answer.
#include "harness/lab/api.h"
#include "harness/lab/incident_play.h"
#include "harness/lab/incident_request.h"
#include "harness/lab/incidents.h"
#include "harness/lab/json_body.h"

namespace badgate::harness::lab {

using nlohmann::json;

namespace {

// The incident that the path names.
struct Named {
  std::uint64_t seed = 1;
  std::string id;
};

using Work = std::function<HttpAnswer(const Named&, int interrupt_fd)>;

// In a child, once the seed is one.
void work_on(const Rooms& rooms, const Call& call, const Reply& reply, Work work) {
  const auto seed = read_seed(call.parts.at("seed"));
  if (!seed) {
    reply(refused(400, seed.error().message));
    return;
  }
  answer_in_child(
      rooms.jobs, call.request,
      [named = Named{*seed, call.parts.at("id")}, work = std::move(work)](int interrupt_fd) {
        return work(named, interrupt_fd);
      },
      reply);
}

// The same with what the body asks for, if it is understood.
template <typename Read, typename Do>
Handler with_body(const Rooms& rooms, Read read, Do work) {
  return [rooms, read, work](const Call& call, const Reply& reply) {
    auto asked = read(call.request.body);
    if (!asked) {
      reply(refused(400, asked.error().message));
      return;
    }
    work_on(rooms, call, reply, [work, asked = std::move(*asked)](const Named& named, int fd) {
      return work(named, asked, fd);
    });
  };
}

HttpAnswer list_of(std::uint64_t seed) {
  auto list = json::array();
  for (const IncidentOffer& offer : incidents_of(seed))
    list.push_back({{"id", offer.id}, {"level", offer.level}, {"title", offer.title}});
  return {200, "application/json", to_text({{"seed", seed}, {"incidents", std::move(list)}})};
}

HttpAnswer hint_of(const Named& named, unsigned number) {
  const auto one = incident(named.seed, named.id);
  if (!one) return refused(404, one.error().message);
  if (number > one->hints.size()) return refused(404, "there are no more hints");
  return {200, "application/json",
          to_text({{"text", one->hints[number - 1]}, {"cost", cost_of_hint(number)}})};
}

}  // namespace

void add_incident_routes(Routes& routes, const Rooms& rooms) {
  routes.add("GET", "/api/incidents", [rooms](const Call& call, const Reply& reply) {
    const auto seed = read_seed(query_value(call.request.query, "seed").value_or("1"));
    if (!seed) return reply(refused(400, seed.error().message));
    answer_in_child(
        rooms.jobs, call.request, [seed = *seed](int) { return list_of(seed); }, reply);
  });
  const std::string one = "/api/incidents/{seed}/{id}";
  routes.add("GET", one, [rooms](const Call& call, const Reply& reply) {
    work_on(rooms, call, reply,
            [](const Named& named, int fd) { return show_incident(named.seed, named.id, fd); });
  });
  routes.add("POST", one + "/send",
             with_body(rooms, read_sends, [](const Named& named, const auto& sends, int fd) {
               return send_in_incident(named.seed, named.id, sends, fd);
             }));
  routes.add("POST", one + "/hint",
             with_body(rooms, read_hint, [](const Named& named, unsigned number, int) {
               return hint_of(named, number);
             }));
  routes.add("POST", one + "/answer",
             with_body(rooms, read_answer, [](const Named& named, const Answer& answer, int fd) {
               return answer_incident(named.seed, named.id, answer, fd);
             }));
}

}  // namespace badgate::harness::lab
