// Session: limit_req and limit_conn, before a request is worked on (ngx_http_limit_req_module.c,
// ngx_http_limit_conn_module.c).
#include <fmt/core.h>

#include "proxy/access_record.h"
#include "proxy/session.h"

namespace badgate::proxy {
namespace {

constexpr std::size_t kLongestKey = 255;

// ngx_http_limit_req_merge_conf: a delay is one level less severe than a refusal.
Level delay_level(Level level) {
  return level >= Level::info ? level : static_cast<Level>(static_cast<int>(level) + 1);
}

}  // namespace

// False: the request waits or has ended.
bool Session::within_limits() {
  const auto& location = *request_->location;
  if (!location.rate_limits.empty() && !within_rate()) return false;
  return location.connection_limits.empty() || within_connections();
}

bool Session::within_rate() {
  auto& request = *request_;
  if (request.rate_limited) return true;
  const auto& location = *request.location;
  const auto verdict =
      limit_requests(location.rate_limits, access_record(request, client_, worker_.loop),
                     cycle_->rules.join_headers, worker_.loop.now());
  request.rate_limited = verdict.kind != RateVerdict::Kind::none;
  switch (verdict.kind) {
    case RateVerdict::Kind::none:
    case RateVerdict::Kind::passed:
      return true;
    case RateVerdict::Kind::rejected:
      client_.log.write(location.limit_req_log_level,
                        fmt::format("limiting requests, excess: {}.{:03} by zone \"{}\"",
                                    verdict.excess / 1000, verdict.excess % 1000, verdict.zone));
      finalize(location.limit_req_status);
      return false;
    case RateVerdict::Kind::delayed:
      break;
  }
  client_.log.write(delay_level(location.limit_req_log_level),
                    fmt::format("delaying request, excess: {}.{:03}, by zone \"{}\"",
                                verdict.excess / 1000, verdict.excess % 1000, verdict.zone));
  resume_ = std::exchange(phase_, Phase::delayed);
  client_.write_timer.set(verdict.delay);
  return false;
}

// ngx_http_limit_req_delay
void Session::end_delay() {
  phase_ = resume_;
  watch_closed_ = false;
  run_phases();
}

// ngx_http_limit_conn_handler
bool Session::within_connections() {
  auto& request = *request_;
  if (request.connections_limited) return true;
  const auto& location = *request.location;
  const auto record = access_record(request, client_, worker_.loop);
  for (const ConnectionLimit& limit : location.connection_limits) {
    const auto key = limit.zone->key().evaluate(record, cycle_->rules.join_headers);
    if (key.empty() || key.size() > kLongestKey) continue;
    request.connections_limited = true;
    if (limit.zone->take(key, limit.most)) {
      request.slots.emplace_back(limit.zone, key);
      continue;
    }
    client_.log.write(
        location.limit_conn_log_level,
        fmt::format("limiting connections by zone \"{}\"", limit.zone->setting().name));
    request.slots.clear();
    finalize(location.limit_conn_status);
    return false;
  }
  return true;
}

}  // namespace badgate::proxy
