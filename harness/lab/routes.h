// Routes: which handler a method and a path lead to. The table is what docs/openapi.json documents.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/lab/http.h"

namespace badgate::harness::lab {

// A request with what stands in its path in place of "{id}".
struct Call {
  const HttpRequest& request;
  std::map<std::string, std::string, std::less<>> parts;
};

using Handler = std::function<void(const Call&, Reply)>;

struct Route {
  std::string method;   // "GET" takes HEAD, too
  std::string pattern;  // "/api/stages/{id}/faults"; the last "{name...}" may have slashes in it
  Handler handler;
};

class Routes {
 public:
  void add(std::string method, std::string pattern, Handler handler);
  // Answers itself where nothing fits: 404, or 405 with what is allowed.
  void handle(const HttpRequest& request, const Reply& reply) const;
  const std::vector<Route>& all() const { return routes_; }

 private:
  std::vector<Route> routes_;
};

}  // namespace badgate::harness::lab
