#include "harness/diagnosis/signs.h"

#include <algorithm>
#include <array>

namespace badgate::harness::diagnosis {

using namespace std::chrono_literals;
using evidence::Try;

namespace {

// What a loopback or a data centre needs, and no person or timeout.
constexpr net::Duration kAtOnce = 20ms;

// The try that the line speaks of.
const Try* last(const Case& c) {
  if (c.line.tries.empty()) return nullptr;
  const auto of = c.line.try_of_line.value_or(c.line.tries.size() - 1);
  return of < c.line.tries.size() ? &c.line.tries[of] : &c.line.tries.back();
}

std::optional<net::Duration> duration_of(const Case& c) {
  if (const Try* t = last(c)) return t->response_time;
  return c.line.timers ? c.line.timers->total : std::nullopt;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

// The timeouts of application servers and balancers, as they are shipped or usually set.
bool is_round(net::Duration time) {
  constexpr std::array<int, 14> kSeconds{3, 5, 10, 15, 20, 25, 30, 45, 60, 90, 100, 120, 180, 300};
  return std::ranges::any_of(kSeconds, [&](int s) {
    const net::Duration round = std::chrono::seconds(s);
    // Their watchdogs look every second, and a restart takes a moment.
    return time >= round - 50ms && time <= round + 1500ms;
  });
}

}  // namespace

bool is_unix(const Case& c) {
  const std::string_view address = c.line.upstream_address;
  // "NAME:" without a port is how a socket's path ends, whatever stands in its place.
  return address.starts_with("unix:") || address.ends_with(':') ||
         c.line.message.starts_with("connect() to unix:");
}

bool is_ipv6(const Case& c) {
  return c.line.upstream_address.starts_with('[') &&
         c.line.upstream_address.find("]:") != std::string::npos;
}

bool is_tls(const Case& c) {
  return is_one_of(c.line.upstream_scheme, {"https", "grpcs", "suwsgi"});
}

bool is_fastcgi(const Case& c) {
  return c.line.upstream_scheme == "fastcgi";
}

bool is_post(const Case& c) {
  return is_one_of(c.line.method, {"POST", "LOCK", "PATCH"});
}

bool is_put(const Case& c) {
  return is_one_of(c.line.method, {"PUT", "DELETE"});
}

bool has_tries(const Case& c) {
  return !c.line.tries.empty();
}

bool never_reached(const Case& c) {
  return c.line.upstream_logged && c.line.tries.empty();
}

bool not_connected(const Case& c) {
  return has_tries(c) && !last(c)->connect_time;
}

bool connected(const Case& c) {
  return has_tries(c) && last(c)->connect_time;
}

bool no_header(const Case& c) {
  return has_tries(c) && !last(c)->header_time;
}

bool has_header(const Case& c) {
  return has_tries(c) && last(c)->header_time;
}

bool ended_at_once(const Case& c) {
  const auto time = duration_of(c);
  return time && *time <= kAtOnce;
}

bool took_a_moment(const Case& c) {
  const auto time = duration_of(c);
  return time && *time > kAtOnce;
}

bool took_seconds(const Case& c) {
  const auto time = has_tries(c) ? duration_of(c) : c.line.request_time;
  return time && *time > 1s;
}

bool took_about_3s(const Case& c) {
  const auto time = duration_of(c);
  return time && *time >= 2900ms && *time <= 3500ms;
}

bool took_round_time(const Case& c) {
  const auto time = duration_of(c);
  return time && is_round(*time);
}

bool got_bytes(const Case& c) {
  return has_tries(c) && last(c)->bytes_received.value_or(0) > 0;
}

bool asked_group(const Case& c) {
  const std::string_view address = has_tries(c) ? last(c)->address : c.line.upstream_address;
  return !address.empty() && address.find_first_of(":[/") == address.npos;
}

bool retried(const Case& c) {
  return c.line.tries.size() > 1 && !c.line.redirected;
}

bool retried_to_success(const Case& c) {
  return retried(c) && c.line.tries.back().status.value_or(0) / 100 == 2;
}

bool redirected(const Case& c) {
  return c.line.redirected;
}

bool tries_timed_out(const Case& c) {
  return retried(c) && c.line.tries.front().status == 504;
}

bool first_failed_at_once(const Case& c) {
  if (c.line.tries.empty()) return false;
  const Try& first = c.line.tries.front();
  return first.status == 502 && first.connect_time && first.response_time &&
         *first.response_time <= kAtOnce;
}

bool first_not_connected(const Case& c) {
  return has_tries(c) && !c.line.tries.front().connect_time && c.line.tries.front().status == 502;
}

bool first_answered(const Case& c) {
  return has_tries(c) && c.line.tries.front().header_time;
}

bool upstream_failed(const Case& c) {
  return has_tries(c) && last(c)->status.value_or(0) / 100 == 5;
}

bool passed_status(const Case& c) {
  return has_header(c) && last(c)->status == c.line.status;
}

bool is_success(const Case& c) {
  return c.line.status.value_or(0) / 100 == 2;
}

bool cut_short(const Case& c) {
  return c.line.content_length && c.line.bytes_sent &&
         *c.line.bytes_sent < *c.line.content_length && c.line.method != "HEAD";
}

bool says_tls(const Case& c) {
  return c.line.details.find("TLS") != std::string::npos ||
         c.line.details.find("SSL") != std::string::npos ||
         c.line.details.find("CERTIFICATE") != std::string::npos;
}

bool sent_no_body(const Case& c) {
  return c.line.bytes_sent == 0;
}

bool round_request_time(const Case& c) {
  return c.line.request_time && is_round(*c.line.request_time);
}

bool balancers_time(const Case& c) {
  constexpr auto kShortest = 29s;
  return round_request_time(c) && *c.line.request_time >= kShortest;
}

}  // namespace badgate::harness::diagnosis
