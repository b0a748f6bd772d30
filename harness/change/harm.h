// Harm: what one answer does to whoever waits for it, and which of two is worse. This is the whole
// rule by which `badgate compare` says "better" and "worse"; docs/badgate.1 has the same order.
//
//   good      A whole answer of the application. A slow one is worse than a quick one: people wait.
//   error     A whole answer that says no (4xx, 5xx). Slowly is worse than quickly: an error after
//             60 s has kept a user, a connection and a worker for nothing.
//   nothing   No answer: closed, reset, or the client left before one came. Worse than an error:
//             nobody is told what happened, and not whether the request was acted on.
//   cut       An answer that begins as a success and ends early, or is no HTTP. Worse than nothing:
//             programs take it for the whole, caches keep it.
//   repeated  The application acted twice on a request that must not be (POST, PATCH, LOCK). Worse
//             than all answers: it cannot be asked again, it has been done.
//   down      The proxy refuses its configuration. Everybody has nothing.
//
// Of the same harm the longer wait is worse. A difference in time counts if people could notice it:
// a tenth of a second, and a tenth of the whole. A tunnel (WebSocket) is the other way round: the
// longer it lasts the better, and best if its client ends it. What differs in another way (502 for
// 504, another body, more attempts) is neither better nor worse.
//
// Of more than twenty equal requests, how many come to harm counts first, and how long the others
// wait only where that is the same.
//
// A scenario is worse if any of its requests is, else better if any is. What was repeated counts
// before that: one order less is better, whatever the answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "harness/outcome.h"
#include "net/time.h"

namespace badgate::harness::change {

// In rising order.
enum class Harm { good, error, nothing, cut, repeated, down };
std::string_view to_string(Harm harm);

enum class Judgement { unchanged, other, better, worse };
std::string_view to_string(Judgement judgement);

// What one request came to for its client.
struct Answer {
  std::size_t request = 0;  // of the scenario's requests; of a load: 0
  int status = 0;           // 0: no status line came
  Completeness completeness = Completeness::empty;
  bool left = false;    // the client gave up
  bool tunnel = false;  // that the client had asked for
  net::Duration elapsed{};
  unsigned tries = 0;       // attempts at servers, as the access log has them
  std::string body;         // its hash
  std::uint64_t bytes = 0;  // of the body
  std::string start;        // the body's first 64 bytes

  bool operator==(const Answer&) const = default;
};

Harm harm_of(const Answer& answer);

// `noise`: by how much a time may differ without meaning anything.
Judgement judge(const Answer& before, const Answer& after, net::Duration noise);

// Whether the first does more harm than the second.
bool more_harmful(const Answer& a, const Answer& b);

// Whether an application may do it twice: what nginx sends again without being told
// `non_idempotent`.
bool may_be_repeated(std::string_view method);

}  // namespace badgate::harness::change
