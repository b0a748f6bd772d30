// The routes that say what there is: scenarios of the catalogue, and the API itself.
#include "harness/lab/api.h"
#include "harness/lab/assets.h"
#include "harness/lab/json_body.h"

namespace badgate::harness::lab {

using nlohmann::json;

namespace {

json remedies_of(const ShelfScenario& scenario) {
  auto list = json::array();
  for (const ShelfRemedy& remedy : scenario.remedies)
    list.push_back({{"name", remedy.name}, {"title", remedy.title}, {"helps", remedy.helps}});
  return list;
}

json summary_of(const ShelfScenario& scenario) {
  return {{"name", scenario.name},
          {"title", scenario.title},
          {"cause", scenario.cause},
          {"remedies", remedies_of(scenario)}};
}

json to_json(const Explanation& explanation) {
  return {{"story", explanation.story},
          {"user_sees", explanation.user_sees},
          {"evidence", explanation.evidence},
          {"helps", explanation.helps},
          {"does_not_help", explanation.does_not_help}};
}

HttpAnswer whole(const ShelfScenario* scenario) {
  if (scenario == nullptr) return refused(404, "the catalogue has no scenario of this name");
  json body = summary_of(*scenario);
  body["toml"] = scenario->text;
  body["explanation"] = to_json(scenario->explanation);
  return {200, "application/json", to_text(body)};
}

}  // namespace

void add_catalogue_routes(Routes& routes, const Rooms& rooms) {
  routes.add("GET", "/api/openapi.json",
             [](const Call&, const Reply& reply) { reply(*asset("/assets/openapi.json")); });
  routes.add("GET", "/api/scenarios", [&shelf = rooms.shelf](const Call&, const Reply& reply) {
    auto list = json::array();
    for (const ShelfScenario& scenario : shelf.all())
      list.push_back(summary_of(scenario));
    reply({200, "application/json", to_text(list)});
  });
  routes.add("GET", "/api/scenarios/{name...}",
             [&shelf = rooms.shelf](const Call& call, const Reply& reply) {
               reply(whole(shelf.find(call.parts.at("name"))));
             });
}

}  // namespace badgate::harness::lab
