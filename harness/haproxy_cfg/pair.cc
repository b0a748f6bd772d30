#include "harness/haproxy_cfg/pair.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "harness/diagnostics.h"
#include "net/text.h"

namespace badgate::harness::haproxy_cfg {
namespace {

constexpr std::size_t kMostCompared = 5000;  // names

tl::unexpected<net::Error> missing(const std::string& where, std::string_view what,
                                   const std::string& name, std::vector<std::string_view> names) {
  if (names.size() > kMostCompared) names.resize(kMostCompared);
  const auto near = net::nearest(name, names);
  const auto hint =
      near.empty() ? std::string() : fmt::format("; did you mean {}?", in_quotes(near));
  return net::fail(fmt::format("{} has no {} {}{}", where, what, in_quotes(name), hint));
}

std::vector<std::string_view> names_of(const Site& site, bool (Proxy::*is)() const) {
  std::vector<std::string_view> names;
  for (const Proxy& proxy : site.proxies)
    if ((proxy.*is)()) names.push_back(proxy.name);
  return names;
}

const Proxy* named_by(const Site& site, const Proxy& frontend, std::string_view rule) {
  for (const Rule& one : frontend.rules) {
    if (one.keyword != rule || one.words.empty()) continue;
    if (const Proxy* backend = site.find_backend(one.words.front())) return backend;
  }
  return nullptr;
}

// Where requests of the frontend usually go.
const Proxy* usual_backend(const Site& site, const Proxy& frontend) {
  if (frontend.is_backend() && !frontend.servers.empty()) return &frontend;
  if (const Setting* usual = frontend.find("default_backend"))
    if (const Proxy* backend = site.find_backend(usual->value)) return backend;
  return named_by(site, frontend, "use_backend");
}

net::Result<void> writes_http_log(const Site& site, const Proxy& proxy) {
  if (proxy.setting("mode").value == "http") return {};
  return net::fail(fmt::format("{} {} of {} is not in mode http: no line of an HTTP log is of it",
                               proxy.kind, in_quotes(proxy.name), site.file.path));
}

}  // namespace

net::Result<Pair> find_pair(const Site& site, const std::string& frontend,
                            const std::string& backend_and_server) {
  const std::string where = site.file.path;
  Pair pair;
  pair.frontend = site.find_frontend(frontend);
  if (pair.frontend == nullptr)
    return missing(where, "frontend", frontend, names_of(site, &Proxy::is_frontend));
  const auto slash = backend_and_server.find('/');
  const auto backend = backend_and_server.substr(0, slash);
  const auto server =
      slash == backend_and_server.npos ? std::string() : backend_and_server.substr(slash + 1);
  pair.backend = site.find_backend(backend);
  // The line of a request that came to no backend has the frontend's name there.
  if (pair.backend == nullptr && backend == frontend)
    pair.backend = usual_backend(site, *pair.frontend);
  if (pair.backend == nullptr && backend != frontend)
    return missing(where, "backend", backend, names_of(site, &Proxy::is_backend));
  if (pair.backend == nullptr || pair.backend->servers.empty())
    return net::fail(fmt::format("{}: {} {} passes requests to no server", where,
                                 pair.frontend->kind, in_quotes(frontend)));
  for (const Proxy* proxy : {pair.frontend, pair.backend})
    if (auto ok = writes_http_log(site, *proxy); !ok) return tl::unexpected(ok.error());
  if (server == "<STATS>")
    return net::fail("HAProxy answered that itself, with its statistics: no server failed");
  if (server.empty() || server.starts_with('<')) return pair;
  const auto found = std::ranges::find(pair.backend->servers, server, &Server::name);
  if (found != pair.backend->servers.end()) {
    pair.server = &*found;
    return pair;
  }
  std::vector<std::string_view> names;
  for (const Server& one : pair.backend->servers)
    names.push_back(one.name);
  return missing(fmt::format("backend {} of {}", in_quotes(pair.backend->name), where), "server",
                 server, std::move(names));
}

}  // namespace badgate::harness::haproxy_cfg
