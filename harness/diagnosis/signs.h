// Signs: questions about a case that speak for one cause and against another. The tables of rules
// and hints are made of them.
#pragma once

#include "harness/diagnosis/context.h"

namespace badgate::harness::diagnosis {

using Sign = bool (*)(const Case&);

// Where the request went.
bool is_unix(const Case&);     // to a unix socket
bool is_ipv6(const Case&);     // to "[…]"
bool is_tls(const Case&);      // https://, grpcs://
bool is_fastcgi(const Case&);  // fastcgi://

// What it was.
bool is_post(const Case&);  // POST, LOCK, PATCH: not retried by itself
bool is_put(const Case&);   // PUT, DELETE: retried, and not harmless

// How the last try went, by an access log. All are false without one.
bool has_tries(const Case&);
bool never_reached(const Case&);    // no upstream at all: "-"
bool not_connected(const Case&);    // $upstream_connect_time "-"
bool connected(const Case&);        // … a number
bool no_header(const Case&);        // $upstream_header_time "-"
bool has_header(const Case&);       // … a number
bool ended_at_once(const Case&);    // within 20 ms
bool took_a_moment(const Case&);    // longer
bool took_seconds(const Case&);     // longer than 1 s
bool took_about_3s(const Case&);    // the kernel's own patience with ARP
bool took_round_time(const Case&);  // 10, 15, 20, 30 … seconds, as people configure timeouts
bool got_bytes(const Case&);        // $upstream_bytes_received is more than 0
bool asked_group(const Case&);      // $upstream_addr is a group's name

// The tries together.
bool retried(const Case&);               // more than one
bool retried_to_success(const Case&);    // "502, 200"
bool redirected(const Case&);            // " : "
bool tries_timed_out(const Case&);       // "504, …"
bool first_failed_at_once(const Case&);  // connected, and 502 within 20 ms
bool first_not_connected(const Case&);
bool first_answered(const Case&);   // it has a header time
bool upstream_failed(const Case&);  // the last try's own status is 5xx
bool passed_status(const Case&);    // the upstream's own: with a header time, $status is its own

// What the client got.
bool is_success(const Case&);  // 2xx
bool cut_short(const Case&);   // fewer bytes than it was promised
bool sent_no_body(const Case&);
bool round_request_time(const Case&);  // … after a time that people configure
bool balancers_time(const Case&);      // … that balancers and CDNs are shipped with
template <int N>
bool status(const Case& c) {
  return c.line.status == N;
}
template <int N>
bool redirected_from(const Case& c) {
  return c.line.redirected && !c.line.tries.empty() && c.line.tries.front().status == N;
}

// Other proxies' words.
template <int N>
bool error_number(const Case& c) {
  return c.line.error_number == N;
}
bool says_tls(const Case&);  // in Envoy's details

// Of the log around it.
template <bool Context::*Member>
bool in_log(const Case& c) {
  return c.log.*Member;
}

}  // namespace badgate::harness::diagnosis
