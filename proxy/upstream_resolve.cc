// UpstreamRequest: whom to ask, where proxy_pass has variables: a known upstream, an address, or a
// name that must be resolved first (ngx_http_upstream_init_request,
// ngx_http_upstream_resolve_handler).
#include <fmt/core.h>

#include <utility>

#include "proxy/upstream.h"

namespace badgate::proxy {

void UpstreamRequest::begin(UpstreamConf& upstream) {
  upstream_ = &upstream;
  selection_.emplace(upstream.group, request_.pass_settings().next_upstream_tries);
  first_started_ = worker_.loop.now();
  connect();
}

// ngx_http_upstream_create_round_robin_peer: servers of this request alone, which remember nothing.
void UpstreamRequest::begin_with(std::vector<Server> servers) {
  const Upstream upstream{
      .name = request_.pass->host, .servers = std::move(servers), .keepalive = 0};
  own_upstream_ = std::make_unique<UpstreamConf>(worker_.loop, upstream, request_.cycle->rules);
  begin(*own_upstream_);
}

void UpstreamRequest::find_upstream() {
  const ProxyPass& pass = *request_.pass;
  if (auto* known = request_.cycle->find_upstream(pass)) return begin(*known);
  if (pass.address) return begin_with({Server{.address = *pass.address}});
  Resolver* names = request_.location->names;
  if (names == nullptr) {
    client_.log.write(Level::error, fmt::format("no resolver defined to resolve {}", pass.host));
    return finalize(502);
  }
  lookup_ = names->lookup(pass.host, [this](const Resolver::Answer& answer) {
    resolved(answer);
    if (!ended_) update_watch();
    callbacks_.settle();
  });
  names->start(*lookup_, request_.location->resolver_timeout);
}

void UpstreamRequest::resolved(const Resolver::Answer& answer) {
  const auto lookup = std::exchange(lookup_, nullptr);
  if (answer.state != 0) {
    client_.log.write(Level::error, fmt::format("{} could not be resolved ({}: {})", lookup->name(),
                                                answer.state, Resolver::error_text(answer.state)));
    return finalize(502);
  }
  std::vector<Server> servers;
  for (const net::Address& address : answer.addresses)
    servers.push_back({.address = with_port(address, request_.pass->port)});
  begin_with(std::move(servers));
}

}  // namespace badgate::proxy
