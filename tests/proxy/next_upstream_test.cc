#include "proxy/next_upstream.h"

#include <doctest/doctest.h>

#include <vector>

using namespace badgate::proxy;
using namespace std::chrono_literals;

namespace {

constexpr ReasonSet kAll = ~ReasonSet{0};

constexpr ReasonSet with(Reason reason) {
  return default_next_upstream | bit(reason);
}

struct Row {
  const char* what;
  Failure failure;
  bool try_next;
  int status;
};

}  // namespace

TEST_CASE("after a failure: the next server or the end") {
  const std::vector<Row> table{
      {"refused, another server is left",
       {.reason = Reason::error, .tries_left = 1, .method = "GET"},
       true,
       502},
      {"refused, none is left",
       {.reason = Reason::error, .tries_left = 0, .method = "GET"},
       false,
       502},
      {"a timeout ends as 504",
       {.reason = Reason::timeout, .tries_left = 0, .method = "GET"},
       false,
       504},
      {"off",
       {.reason = Reason::error, .allowed = 0, .tries_left = 3, .method = "GET"},
       false,
       502},
      {"invalid_header is not in the default",
       {.reason = Reason::invalid_header, .tries_left = 3, .request_sent = true, .method = "GET"},
       false,
       502},
      {"invalid_header where it is listed",
       {.reason = Reason::invalid_header,
        .allowed = with(Reason::invalid_header),
        .tries_left = 3,
        .request_sent = true,
        .method = "GET"},
       true,
       502},
      {"a POST that was not sent is like a GET",
       {.reason = Reason::error, .tries_left = 1, .request_sent = false, .method = "POST"},
       true,
       502},
      {"a POST that was sent",
       {.reason = Reason::error, .tries_left = 1, .request_sent = true, .method = "POST"},
       false,
       502},
      {"LOCK too",
       {.reason = Reason::timeout, .tries_left = 1, .request_sent = true, .method = "LOCK"},
       false,
       504},
      {"PATCH too",
       {.reason = Reason::timeout, .tries_left = 1, .request_sent = true, .method = "PATCH"},
       false,
       504},
      {"PUT is repeated",
       {.reason = Reason::error, .tries_left = 1, .request_sent = true, .method = "PUT"},
       true,
       502},
      {"DELETE is repeated",
       {.reason = Reason::error, .tries_left = 1, .request_sent = true, .method = "DELETE"},
       true,
       502},
      {"a POST with non_idempotent",
       {.reason = Reason::error,
        .allowed = with(Reason::non_idempotent),
        .tries_left = 1,
        .request_sent = true,
        .method = "POST"},
       true,
       502},
      {"non_idempotent alone allows nothing",
       {.reason = Reason::error,
        .allowed = bit(Reason::non_idempotent),
        .tries_left = 1,
        .request_sent = true,
        .method = "POST"},
       false,
       502},
      {"a streamed body that was sent is gone",
       {.reason = Reason::error,
        .tries_left = 1,
        .request_sent = true,
        .method = "PUT",
        .body_streamed = true},
       false,
       502},
      {"a streamed body that was not sent",
       {.reason = Reason::error, .tries_left = 1, .method = "PUT", .body_streamed = true},
       true,
       502},
      {"within proxy_next_upstream_timeout",
       {.reason = Reason::timeout,
        .tries_left = 1,
        .method = "GET",
        .elapsed = 9999ms,
        .timeout = 10s},
       true,
       504},
      {"at proxy_next_upstream_timeout",
       {.reason = Reason::timeout,
        .tries_left = 1,
        .method = "GET",
        .elapsed = 10s,
        .timeout = 10s},
       false,
       504},
      {"no limit of time",
       {.reason = Reason::timeout, .tries_left = 1, .method = "GET", .elapsed = 10h},
       true,
       504},
      {"no live upstreams are final whatever is listed",
       {.reason = Reason::no_live, .allowed = kAll, .tries_left = 5, .method = "GET"},
       false,
       502},
      {"its own 503, and the server after it is out",
       {.reason = Reason::http_503,
        .allowed = with(Reason::http_503),
        .tries_left = 0,
        .request_sent = true,
        .method = "GET"},
       false,
       503},
  };
  for (const auto& row : table) {
    CAPTURE(row.what);
    const Decision expected{.try_next = row.try_next,
                            .status = row.try_next ? 0 : row.status,
                            .attempt_status = row.status};
    CHECK(decide_next(row.failure) == expected);
  }
}

TEST_CASE("a client that has left gets 499, and the attempt has no status") {
  const Decision decision =
      decide_next({.reason = Reason::error, .tries_left = 3, .method = "GET", .client_gone = true});
  CHECK(decision == Decision{.try_next = false, .status = 499, .attempt_status = 0});
}

TEST_CASE("a server's own bad status is thrown away only if another try is left") {
  Failure failure{.reason = Reason::http_503,
                  .allowed = with(Reason::http_503),
                  .tries_left = 2,
                  .request_sent = true,
                  .method = "GET"};
  CHECK(response_is_refused(failure));
  failure.tries_left = 1;
  CHECK_FALSE(response_is_refused(failure));  // the last server's answer is passed on
  failure.tries_left = 2;
  failure.allowed = default_next_upstream;
  CHECK_FALSE(response_is_refused(failure));
  failure.allowed = with(Reason::http_503);
  failure.method = "POST";
  CHECK_FALSE(response_is_refused(failure));
  failure.allowed |= bit(Reason::non_idempotent);
  CHECK(response_is_refused(failure));
  failure.body_streamed = true;
  CHECK_FALSE(response_is_refused(failure));
  failure.body_streamed = false;
  failure.timeout = failure.elapsed = 3s;
  CHECK_FALSE(response_is_refused(failure));
}

TEST_CASE("403 and 404 are no failures of the server's") {
  for (const auto reason :
       {Reason::error, Reason::timeout, Reason::invalid_header, Reason::http_500, Reason::http_502,
        Reason::http_503, Reason::http_504, Reason::http_429}) {
    CAPTURE(to_string(reason));
    CHECK(peer_state_of(reason) == PeerState::failed);
  }
  CHECK(peer_state_of(Reason::http_403) == PeerState::next);
  CHECK(peer_state_of(Reason::http_404) == PeerState::next);
}

TEST_CASE("only an error on a kept connection earns another try") {
  CHECK(earns_extra_try(Reason::error, true));
  CHECK_FALSE(earns_extra_try(Reason::error, false));
  CHECK_FALSE(earns_extra_try(Reason::timeout, true));
  CHECK_FALSE(earns_extra_try(Reason::invalid_header, true));
}
