#include "harness/lab/api.h"

#include <cerrno>
#include <exception>
#include <utility>

#include "harness/lab/assets.h"
#include "harness/lab/packed.h"

namespace badgate::harness::lab {
namespace {

std::string answer_of(const std::function<HttpAnswer(int)>& work, int interrupt_fd) {
  try {
    return packed(work(interrupt_fd));
  } catch (const std::bad_alloc&) {
    return packed(refused(422, "this needs more memory than the lab gives to one play"));
  } catch (const std::exception& e) {
    return packed(refused(500, e.what()));
  }
}

HttpAnswer answer_to(const net::Error& error) {
  if (error.code == EBUSY) {
    auto busy = refused(503, error.message);
    busy.headers.emplace_back("Retry-After", "1");
    return busy;
  }
  return refused(error.code == ETIMEDOUT ? 422 : 500, error.message);
}

}  // namespace

void answer_in_child(Jobs& jobs, const HttpRequest& request, std::function<HttpAnswer(int)> work,
                     const Reply& reply) {
  const auto asker = request.asker;
  const auto id = jobs.submit(
      asker ? asker->address : "",
      [work = std::move(work)](int interrupt_fd) { return answer_of(work, interrupt_fd); },
      [reply](const net::Result<std::string>& result) {
        reply(result ? unpacked(*result) : answer_to(result.error()));
      });
  if (asker) asker->on_leave = [&jobs, id] { jobs.cancel(id); };
}

void add_page_routes(Routes& routes) {
  const auto give = [](const Call& call, const Reply& reply) {
    auto answer = asset(call.request.path);
    reply(answer ? std::move(*answer) : refused(404, "the page has no file of this name"));
  };
  routes.add("GET", "/", give);
  routes.add("GET", "/assets/{name...}", give);
}

Routes make_routes(const Rooms& rooms) {
  Routes routes;
  add_page_routes(routes);
  add_catalogue_routes(routes, rooms);
  add_lesson_routes(routes);
  add_incident_routes(routes, rooms);
  add_play_routes(routes, rooms);
  add_stage_routes(routes, rooms);
  return routes;
}

}  // namespace badgate::harness::lab
