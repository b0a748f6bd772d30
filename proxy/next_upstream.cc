#include "proxy/next_upstream.h"

namespace badgate::proxy {
namespace {

constexpr int kClientClosedRequest = 499;

// All of the reason's bits must be allowed: for a POST that was sent, non_idempotent too.
bool is_allowed(const Failure& failure) {
  ReasonSet needed = bit(failure.reason);
  if (failure.request_sent && is_non_idempotent(failure.method))
    needed |= bit(Reason::non_idempotent);
  if (failure.reason == Reason::no_live) return false;
  return (failure.allowed & needed) == needed;
}

bool is_repeatable(const Failure& failure) {
  return !(failure.request_sent && failure.body_streamed);
}

// Looked at when an attempt has failed, never while it lasts.
bool is_in_time(const Failure& failure) {
  return failure.timeout == net::Duration::zero() || failure.elapsed < failure.timeout;
}

}  // namespace

Decision decide_next(const Failure& failure) {
  if (failure.client_gone) return {.status = kClientClosedRequest};
  const int status = status_of(failure.reason);
  const bool go_on = failure.tries_left > 0 && is_allowed(failure) && is_repeatable(failure) &&
                     is_in_time(failure);
  return {.try_next = go_on, .status = go_on ? 0 : status, .attempt_status = status};
}

bool response_is_refused(const Failure& failure) {
  return failure.tries_left > 1 && is_allowed(failure) && is_repeatable(failure) &&
         is_in_time(failure);
}

PeerState peer_state_of(Reason reason) {
  const bool blameless = reason == Reason::http_403 || reason == Reason::http_404;
  return blameless ? PeerState::next : PeerState::failed;
}

bool is_non_idempotent(std::string_view method) {
  return method == "POST" || method == "LOCK" || method == "PATCH";
}

}  // namespace badgate::proxy
