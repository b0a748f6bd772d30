#include "harness/lab/routes.h"

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/lab/api.h"

using namespace badgate::harness::lab;

namespace {

// What the answer to a request is; of handlers, "PATTERN" and the parts.
std::string answer(const Routes& routes, const std::string& method, const std::string& path) {
  std::string out;
  routes.handle({.method = method, .path = path}, [&out](const HttpAnswer& given) {
    out = std::to_string(given.status) + " " + (given.status == 200 ? given.body : "");
    for (const auto& [name, value] : given.headers)
      out += name + "=" + value;
  });
  return out;
}

Routes some_routes() {
  Routes routes;
  const auto add = [&](const std::string& method, const std::string& pattern) {
    routes.add(method, pattern, [pattern](const Call& call, const Reply& reply) {
      std::string body = pattern;
      for (const auto& [name, value] : call.parts)
        body += " " + name + "=" + value;
      reply({200, "", body});
    });
  };
  add("GET", "/");
  add("GET", "/stages/{id}");
  add("DELETE", "/stages/{id}");
  add("POST", "/stages/{id}/faults");
  add("GET", "/files/{name...}");
  return routes;
}

}  // namespace

TEST_CASE("a method and a path lead to a handler") {
  const Routes routes = some_routes();
  CHECK(answer(routes, "GET", "/") == "200 /");
  CHECK(answer(routes, "HEAD", "/") == "200 /");
  CHECK(answer(routes, "GET", "/stages/7") == "200 /stages/{id} id=7");
  CHECK(answer(routes, "POST", "/stages/7/faults") == "200 /stages/{id}/faults id=7");
  CHECK(answer(routes, "GET", "/files/a/b.toml") == "200 /files/{name...} name=a/b.toml");
}

TEST_CASE("other paths are not there, and other methods are told which there are") {
  const Routes routes = some_routes();
  for (const char* path : {"", "/stages", "/stages/", "/stages//faults", "/stages/7/more", "/files",
                           "/files/", "//", "/stages/7/faults/8"})
    CHECK(answer(routes, "GET", path).substr(0, 3) == "404");
  CHECK(answer(routes, "PUT", "/stages/7") == "405 Allow=GET, HEAD, DELETE");
  CHECK(answer(routes, "GET", "/stages/7/faults") == "405 Allow=POST");
}

TEST_CASE("docs/openapi.json has every route of the API, and no other") {
  Events events;
  Shelf shelf;
  Jobs jobs(events, {});
  Stages stages(events);
  std::set<std::string> served;
  const Routes routes = make_routes({shelf, jobs, stages});
  for (const Route& route : routes.all()) {
    auto pattern = route.pattern;
    if (const auto dots = pattern.find("..."); dots != pattern.npos) pattern.erase(dots, 3);
    served.insert(route.method + " " + pattern);
  }
  std::ifstream file(std::string(BADGATE_SOURCE) + "/docs/openapi.json");
  const auto document = nlohmann::json::parse(file);
  CHECK(document.at("openapi") == "3.1.0");
  std::set<std::string> documented;
  for (const auto& [path, item] : document.at("paths").items()) {
    for (const auto& [method, operation] : item.items()) {
      if (method == "parameters") continue;
      CAPTURE(path);
      CHECK(operation.contains("summary"));
      CHECK(operation.contains("operationId"));
      CHECK(operation.at("responses").size() > 0);
      CHECK((method != "post" || operation.contains("requestBody")));
      documented.insert((method == "get" ? "GET " : method == "post" ? "POST " : "DELETE ") + path);
    }
  }
  CHECK(served == documented);
}
