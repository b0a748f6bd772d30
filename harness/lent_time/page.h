// Page: the memory that badgate shares with a program whose time it lends. badgate writes what time
// it is and gives the turn; each thread of the program that waits has a slot, and says there what
// it waits for, and that it is done with its turn.
//
// A thread is done when it has looked at its descriptors since the turn began, found nothing, and
// its time has not come. So if badgate had nothing to do before the turn, and has nothing after it,
// then nobody can do anything before time moves.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace badgate::harness::lent_time {

// More threads than that do not wait at a time in a program with one worker: each reload adds one
// until the old one has served its clients.
constexpr std::size_t kSlots = 16;
constexpr std::int64_t kNever = INT64_MAX;

// How the variable in the program's environment is named. Its value is "PAGE ANSWER WAKE", three
// numbers of descriptors: of the page, of the eventfd that is written when a thread is done, and of
// the first of kSlots eventfds by which those who wait are woken.
constexpr const char* kVariable = "BADGATE_LENT_TIME";

enum class State : std::uint32_t {
  running,
  waits,             // for descriptors, or for `due`
  waits_for_signal,  // has no turns
};

struct Slot {
  std::atomic<std::int32_t> thread;  // its id; 0: the slot is free
  std::atomic<State> state;          // meaningful while `thread` is set
  std::atomic<std::uint32_t> done;   // the last turn that it is done with
  std::atomic<std::uint32_t> waits;  // how often it has begun to wait
  std::atomic<std::int64_t> due;     // nanoseconds, as `now`; kNever: for descriptors alone
};

struct Page {
  std::atomic<std::int64_t> now;    // nanoseconds since the scenario's beginning
  std::int64_t epoch;               // nanoseconds since 1970 at `now` 0
  std::atomic<bool> full;           // a thread found no slot: it waits in real time
  std::atomic<std::uint32_t> turn;  // the number of the last one that was given
  Slot slots[kSlots];
};

static_assert(std::atomic<std::int64_t>::is_always_lock_free);
static_assert(std::atomic<State>::is_always_lock_free);

}  // namespace badgate::harness::lent_time
