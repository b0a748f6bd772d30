#include "proxy/server_resolver.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace badgate::proxy {

using namespace std::chrono_literals;

ServerResolver::ServerResolver(net::Loop& loop, ErrorLog& log, Resolver& resolver,
                               net::Duration timeout, const Upstream& upstream, std::size_t index,
                               std::shared_ptr<Group> group)
    : loop_(loop),
      log_(log),
      resolver_(resolver),
      timeout_(timeout),
      host_(upstream.servers[index].host),
      index_(index),
      group_(std::move(group)) {}

std::int64_t ServerResolver::now() const {
  return std::chrono::floor<std::chrono::seconds>(loop_.wall().time_since_epoch()).count();
}

void ServerResolver::take_over(const ServerResolver& before) {
  if (before.host_ != host_ || before.group_->name() != group_->name()) return;
  const auto addresses = before.group_->addresses_of(before.index_);
  if (addresses.empty()) return;
  group_->set_addresses(index_, addresses);
  valid_ = before.valid_;
}

// ngx_http_upstream_zone_init_worker: not at once, so a request that comes with the start finds
// nobody.
void ServerResolver::start() {
  const std::int64_t left = valid_ - now();
  timer_ = loop_.after(left > 0 ? net::Duration(left * 1s) : net::Duration(1ms), [this] { ask(); });
}

// ngx_http_upstream_zone_resolve_timer
void ServerResolver::ask() {
  lookup_ = resolver_.lookup(host_, [this](const Resolver::Answer& answer) { answered(answer); });
  resolver_.start(*lookup_, timeout_);
}

// ngx_http_upstream_zone_resolve_handler
void ServerResolver::answered(const Resolver::Answer& answer) {
  const auto lookup = std::exchange(lookup_, nullptr);
  if (answer.state != 0) {
    log_.write(loop_.wall(), Level::error,
               fmt::format("{} could not be resolved ({}: {})", host_, answer.state,
                           Resolver::error_text(answer.state)));
    if (answer.state != net::dns::host_not_found) {
      timer_ = loop_.after(std::max<net::Duration>(timeout_, 1s), [this] { ask(); });
      return;
    }
  }
  group_->set_addresses(index_, answer.addresses);
  valid_ = answer.valid;
  const std::int64_t left = valid_ - now();
  timer_ = loop_.after(left > 0 ? net::Duration((left + 1) * 1s) : net::Duration(1ms),
                       [this] { ask(); });
}

}  // namespace badgate::proxy
