// The decision "try the next server, or finish?", after ngx_http_upstream_next (failures before the
// response header is accepted) and ngx_http_upstream_test_next (a server's own bad status). Pure:
// who calls brings the facts of the request and does what the answer says.
//
// In nginx's order, for a failure:
//   1. selection.free(peer_state_of(reason), …): decrements the tries, may say "disabled";
//   2. on a timeout, log "upstream timed out";
//   3. if earns_extra_try(reason, cached): selection.add_try();
//   4. decide_next({… tries_left = selection.tries() …}).
// For a response header with a status in reason_of_status, before it is accepted: if
// response_is_refused({… tries_left before free …}), the four steps with that reason; else the
// response is passed on (and freed with PeerState::ok when it ends).
#pragma once

#include <string_view>

#include "net/time.h"
#include "proxy/balancer.h"
#include "proxy/reason.h"

namespace badgate::proxy {

// What is known about the request when an attempt has failed.
struct Failure {
  Reason reason = Reason::error;
  ReasonSet allowed = default_next_upstream;  // proxy_next_upstream
  unsigned tries_left = 0;                    // Selection::tries
  // Sending the request to this server had begun: false for failures of connect and TLS.
  bool request_sent = false;
  std::string_view method;
  // The request body goes to the server as it comes (proxy_request_buffering off, and the request
  // has a body): what was sent cannot be sent again. nginx's r->request_body_no_buffering.
  bool body_streamed = false;
  net::Duration elapsed{};  // since the first attempt began
  net::Duration timeout{};  // proxy_next_upstream_timeout; 0: no limit
  bool client_gone = false;
};

struct Decision {
  bool try_next = false;
  int status = 0;          // for the client, if !try_next; 499: it is gone
  int attempt_status = 0;  // $upstream_status of the attempt; 0: "-"

  bool operator==(const Decision&) const = default;
};

Decision decide_next(const Failure& failure);

// Whether a response with a status in `failure.reason` is thrown away for another try. Needs
// tries_left > 1: the last server's answer is passed on.
bool response_is_refused(const Failure& failure);

// 403 and 404 are no fault of the server's; everything else counts, retried or not.
PeerState peer_state_of(Reason reason);

// A kept connection that broke says nothing about the server: the attempt does not count.
constexpr bool earns_extra_try(Reason reason, bool cached) {
  return cached && reason == Reason::error;
}

// POST, LOCK and PATCH.
bool is_non_idempotent(std::string_view method);

}  // namespace badgate::proxy
