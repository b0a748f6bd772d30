#include "harness/lab/routes.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "net/text.h"

namespace badgate::harness::lab {
namespace {

using Parts = std::map<std::string, std::string, std::less<>>;

// Takes the text before the next slash, and that slash, from the front.
std::string_view next_segment(std::string_view& path) {
  const auto segment = path.substr(0, path.find('/'));
  path.remove_prefix(std::min(path.size(), segment.size() + 1));
  return segment;
}

std::optional<Parts> match(std::string_view pattern, std::string_view path) {
  Parts parts;
  if (!path.starts_with('/')) return std::nullopt;
  if (path.size() > 1 && path.ends_with('/')) return std::nullopt;  // no name is empty
  pattern.remove_prefix(1);
  path.remove_prefix(1);
  while (!pattern.empty()) {
    const auto wanted = next_segment(pattern);
    if (wanted.ends_with("...}")) {
      if (path.empty()) return std::nullopt;
      parts.emplace(wanted.substr(1, wanted.size() - 5), path);
      return parts;
    }
    const auto segment = next_segment(path);
    if (!wanted.starts_with('{')) {
      if (segment != wanted) return std::nullopt;
    } else if (segment.empty()) {
      return std::nullopt;
    } else {
      parts.emplace(wanted.substr(1, wanted.size() - 2), segment);
    }
  }
  if (!path.empty()) return std::nullopt;
  return parts;
}

bool takes(const Route& route, std::string_view method) {
  return route.method == method || (route.method == "GET" && method == "HEAD");
}

}  // namespace

void Routes::add(std::string method, std::string pattern, Handler handler) {
  routes_.push_back({std::move(method), std::move(pattern), std::move(handler)});
}

void Routes::handle(const HttpRequest& request, const Reply& reply) const {
  std::vector<std::string> allowed;
  for (const Route& route : routes_) {
    auto parts = match(route.pattern, request.path);
    if (!parts) continue;
    if (takes(route, request.method)) {
      route.handler({request, std::move(*parts)}, reply);
      return;
    }
    allowed.push_back(route.method == "GET" ? "GET, HEAD" : route.method);
  }
  if (allowed.empty()) {
    reply(refused(404, "there is nothing of this name; /api/openapi.json lists what there is"));
    return;
  }
  auto answer = refused(405, "this cannot be done to it");
  answer.headers.emplace_back("Allow", net::join(allowed, ", "));
  reply(std::move(answer));
}

}  // namespace badgate::harness::lab
