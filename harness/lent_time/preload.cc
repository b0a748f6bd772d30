// The library that a program under test is started with (LD_PRELOAD): it takes the time from
// badgate, and says when it waits. What it stands in for are the functions by which a program reads
// the time and waits: clock_gettime, gettimeofday, time, epoll_wait, sigsuspend; and send, since
// what the kernel holds back for 200 ms (MSG_MORE) would be held back in real time.
//
// It runs inside somebody else's program: it allocates nothing, throws nothing, and does what libc
// would do if the program was not lent any time.
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "harness/lent_time/page.h"

namespace {

using namespace badgate::harness::lent_time;

constexpr std::int64_t kSecond = 1'000'000'000;
// Monotonic time does not begin at 0: some programs take that for "never".
constexpr std::int64_t kMonotonicBase = 1'000'000 * kSecond;
// Descriptors move up there, so that the program has the same ones as without us.
constexpr int kHigh = 512;
constexpr int kAnswer = kHigh + 1;
constexpr int kFirstWake = kHigh + 2;
constexpr int kDescriptors = 2 + static_cast<int>(kSlots);
constexpr std::size_t kBytesOfSignalSet = 8;  // as the kernel counts them

Page* page = nullptr;
thread_local Slot* own_slot = nullptr;
thread_local pid_t own_process = 0;

// They are there already in a program that another one has become: `nginx` may be a script.
bool move_up(const int (&numbers)[3]) {
  if (numbers[0] == kHigh) return true;
  for (int i = 0; i < kDescriptors; ++i) {
    const int fd = i < 2 ? numbers[i] : numbers[2] + i - 2;
    if (::dup2(fd, kHigh + i) < 0) return false;
    ::close(fd);
  }
  char told[40];
  std::snprintf(told, sizeof told, "%d %d %d", kHigh, kAnswer, kFirstWake);
  return ::setenv(kVariable, told, 1) == 0;
}

__attribute__((constructor)) void open_page() {
  const char* told = std::getenv(kVariable);
  int numbers[3];
  if (told == nullptr || std::sscanf(told, "%d %d %d", &numbers[0], &numbers[1], &numbers[2]) != 3)
    return;
  if (!move_up(numbers)) return;
  void* memory = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, kHigh, 0);
  if (memory == MAP_FAILED) return;
  page = static_cast<Page*>(memory);
}

// The slot of this thread, also after a fork; nullptr: all are taken.
Slot* slot() {
  const pid_t process = ::getpid();
  if (own_slot != nullptr && own_process == process) return own_slot;
  const auto thread = static_cast<std::int32_t>(::syscall(SYS_gettid));
  for (Slot& candidate : page->slots) {
    std::int32_t free = 0;
    if (!candidate.thread.compare_exchange_strong(free, thread)) continue;
    own_slot = &candidate;
    own_process = process;
    return own_slot;
  }
  page->full.store(true);
  return nullptr;
}

void tell() {
  const std::uint64_t one = 1;
  (void)!::write(kAnswer, &one, sizeof one);
}

__attribute__((destructor)) void leave_slot() {
  if (page == nullptr || own_slot == nullptr || own_process != ::getpid()) return;
  own_slot->state.store(State::running);  // for whoever has it next
  own_slot->thread.store(0);
  tell();
}

int look(int epoll, epoll_event* events, int most) {
  return static_cast<int>(
      ::syscall(SYS_epoll_pwait, epoll, events, most, 0, nullptr, kBytesOfSignalSet));
}

// No signal comes while it lives, so that none is lost between a look and the sleep after it.
class SignalsWait {
 public:
  SignalsWait() {
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsWait() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  SignalsWait(const SignalsWait&) = delete;
  SignalsWait& operator=(const SignalsWait&) = delete;

  const sigset_t& before() const { return before_; }

 private:
  sigset_t before_;
};

// Until badgate wakes us. False: one of the signals that are not in `blocked` came.
bool sleep_on(int wake, const sigset_t& blocked) {
  pollfd fd = {wake, POLLIN, 0};
  if (::syscall(SYS_ppoll, &fd, 1, nullptr, &blocked, kBytesOfSignalSet) < 0) return false;
  std::uint64_t count = 0;
  (void)!::read(wake, &count, sizeof count);
  return true;
}

// It looks at the descriptors when it has its turn: not as soon as one is ready, or what it finds
// would depend on how fast it was.
int wait_on_lent_time(Slot& own, int epoll, epoll_event* events, int most, int timeout) {
  const std::int64_t due =
      timeout < 0 ? kNever : page->now.load() + timeout * std::int64_t{1'000'000};
  const SignalsWait signals;
  own.due.store(due);
  own.waits.fetch_add(1);
  own.done.store(page->turn.load() - 1);  // who had this slot before may have been done
  own.state.store(State::waits);
  for (;;) {
    const std::uint32_t turn = page->turn.load();
    if (turn != own.done.load()) {
      const int ready = look(epoll, events, most);
      if (ready != 0 || page->now.load() >= due) {
        own.state.store(State::running);
        return ready;
      }
      own.done.store(turn);
      tell();
    }
    if (!sleep_on(kFirstWake + static_cast<int>(&own - page->slots), signals.before())) {
      own.state.store(State::running);
      errno = EINTR;
      return -1;
    }
  }
}

std::int64_t lent(clockid_t clock) {
  const bool date = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  return page->now.load() + (date ? page->epoch : kMonotonicBase);
}

bool is_lent(clockid_t clock) {
  switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_BOOTTIME:
      return page != nullptr;
    default:
      return false;  // of processor time
  }
}

}  // namespace

extern "C" {

int epoll_pwait(int epoll, epoll_event* events, int most, int timeout, const sigset_t* mask) {
  Slot* own = page != nullptr && timeout != 0 && mask == nullptr ? slot() : nullptr;
  if (own != nullptr) return wait_on_lent_time(*own, epoll, events, most, timeout);
  return static_cast<int>(
      ::syscall(SYS_epoll_pwait, epoll, events, most, timeout, mask, kBytesOfSignalSet));
}

int epoll_wait(int epoll, epoll_event* events, int most, int timeout) {
  return epoll_pwait(epoll, events, most, timeout, nullptr);
}

ssize_t send(int fd, const void* data, size_t size, int flags) {
  const int now = page != nullptr ? flags & ~MSG_MORE : flags;
  return ::syscall(SYS_sendto, fd, data, size, now, nullptr, 0);
}

int sigsuspend(const sigset_t* mask) {
  Slot* own = page != nullptr ? slot() : nullptr;
  if (own != nullptr) {
    own->due.store(kNever);
    own->waits.fetch_add(1);
    own->state.store(State::waits_for_signal);
    tell();
  }
  const auto result = static_cast<int>(::syscall(SYS_rt_sigsuspend, mask, kBytesOfSignalSet));
  if (own != nullptr) own->state.store(State::running);
  return result;
}

int clock_gettime(clockid_t clock, timespec* into) noexcept {
  if (!is_lent(clock)) return static_cast<int>(::syscall(SYS_clock_gettime, clock, into));
  const std::int64_t now = lent(clock);
  *into = {static_cast<time_t>(now / kSecond), static_cast<long>(now % kSecond)};
  return 0;
}

int gettimeofday(timeval* into, void*) noexcept {
  timespec now{};
  const int result = clock_gettime(CLOCK_REALTIME, &now);
  *into = {now.tv_sec, static_cast<suseconds_t>(now.tv_nsec / 1000)};
  return result;
}

time_t time(time_t* into) noexcept {
  timespec now{};
  (void)clock_gettime(CLOCK_REALTIME, &now);
  if (into != nullptr) *into = now.tv_sec;
  return now.tv_sec;
}

}  // extern "C"
