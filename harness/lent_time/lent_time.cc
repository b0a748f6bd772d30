#include "harness/lent_time/lent_time.h"

#include <fmt/core.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <new>

#include "harness/config.h"
#include "harness/processes/program.h"

namespace badgate::harness::lent_time {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::int32_t kNobody = -1;  // a slot's thread while the slot is put in order
constexpr auto kLook = 20ms;          // how often it is looked whether somebody was killed

tl::unexpected<net::Error> failed(std::string_view what) {
  return net::fail(fmt::format("{}: {}", what, std::strerror(errno)), errno);
}

net::UniqueFd event_counter() {
  return net::UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

std::int64_t nanoseconds(auto time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

bool is_dead(pid_t thread) {
  return ::kill(thread, 0) != 0 && errno == ESRCH;
}

// ld.so(8): what LD_PRELOAD names is separated by spaces or colons, which cannot be escaped.
bool can_be_preloaded(const fs::path& library) {
  return library.string().find_first_of(" :") == std::string::npos;
}

}  // namespace

std::string library() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path installed =
      program.parent_path().parent_path() / "lib/badgate" / BADGATE_TIME_LIBRARY;
  if (!error && fs::exists(installed, error) && can_be_preloaded(installed)) return installed;
  const fs::path other = fs::path(BADGATE_OTHER_LIBRARIES) / BADGATE_TIME_LIBRARY;
  return fs::exists(other, error) && can_be_preloaded(other) ? other.string() : std::string();
}

net::Result<void> can_be_lent(std::string_view proxy) {
  if (!library().empty()) return {};
  return net::fail(fmt::format(
      "{} needs real time: badgate was installed without the library that lends it time", proxy));
}

void LentTime::Unmap::operator()(Page* page) const {
  ::munmap(page, sizeof(Page));
}

net::Result<std::unique_ptr<LentTime>> LentTime::lend(net::Loop& loop,
                                                      std::chrono::milliseconds patience) {
  std::unique_ptr<LentTime> made(new LentTime(loop, patience));
  made->file_ = net::UniqueFd(::memfd_create("badgate-time", MFD_CLOEXEC));
  if (!made->file_ || ::ftruncate(made->file_.get(), sizeof(Page)) != 0)
    return failed("memory for a program's time");
  void* memory =
      ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, made->file_.get(), 0);
  if (memory == MAP_FAILED) return failed("memory for a program's time");
  made->page_.reset(new (memory) Page{});
  made->page_->now = nanoseconds(loop.now());
  made->page_->epoch = nanoseconds(loop.wall()) - made->page_->now;
  made->done_ = event_counter();
  std::ranges::generate(made->wakes_, event_counter);
  if (!made->done_ || std::ranges::any_of(made->wakes_, [](auto& fd) { return !fd; }))
    return failed("descriptors for a program's time");
  loop.join(*made);
  made->joined_ = true;
  return made;
}

LentTime::~LentTime() {
  if (joined_) loop_.part();
}

std::vector<int> LentTime::descriptors() const {
  std::vector<int> out{file_.get(), done_.get()};
  for (const auto& fd : wakes_)
    out.push_back(fd.get());
  return out;
}

std::vector<std::string> LentTime::environment(int first) {
  return {"LD_PRELOAD=" + library(),
          fmt::format("{}={} {} {}", kVariable, first, first + 1, first + 2)};
}

void LentTime::expect(pid_t process) {
  expected_.push_back(process);
}

bool LentTime::somebody_waits() const {
  return std::ranges::any_of(page_->slots, [](const Slot& slot) { return slot.waits > 0; });
}

// Processes may give each other something to do: then they have another turn.
bool LentTime::take_turn() {
  const auto until = std::chrono::steady_clock::now() + patience_;
  Waits before{};
  do {
    before = waits();
    give_turn();
    while (!all_done()) {
      if (std::chrono::steady_clock::now() > until) return false;
      wait_for_done();
    }
  } while (somebody_may_have_heard(before));
  return !page_->full && !held_too_long();
}

// What it is held for happens in real time.
bool LentTime::held_too_long() const {
  if (!held_since_) return false;
  processes::wait_readable(done_.get(), 1ms);
  return std::chrono::steady_clock::now() - *held_since_ > patience_;
}

void LentTime::give_turn() {
  page_->turn.fetch_add(1);
  for (std::size_t i = 0; i < kSlots; ++i) {
    if (page_->slots[i].thread != 0) wake(i);
  }
}

void LentTime::wait_for_done() const {
  std::uint64_t count = 0;
  if (processes::wait_readable(done_.get(), kLook))
    (void)!::read(done_.get(), &count, sizeof count);
}

LentTime::Waits LentTime::waits() const {
  Waits out{};
  std::ranges::transform(page_->slots, out.begin(),
                         [](const Slot& slot) { return slot.waits.load(); });
  return out;
}

// Whether one has worked since, beside another that was done before.
bool LentTime::somebody_may_have_heard(const Waits& before) const {
  const Waits now = waits();
  for (std::size_t worked = 0; worked < kSlots; ++worked) {
    if (now[worked] == before[worked]) continue;
    for (std::size_t other = 0; other < kSlots; ++other) {
      const Slot& slot = page_->slots[other];
      if (other != worked && slot.thread != 0 && slot.state == State::waits) return true;
    }
  }
  return false;
}

bool LentTime::all_done() {
  forget_the_dead();
  return expected_are_here() && std::ranges::all_of(page_->slots, [this](const Slot& slot) {
           return slot.thread == 0 || is_done(slot);
         });
}

bool LentTime::is_done(const Slot& slot) const {
  switch (slot.state.load()) {
    case State::running:
      return false;
    case State::waits:
      return slot.done == page_->turn;
    case State::waits_for_signal:
      return true;
  }
  return false;
}

// One that was killed cannot give back its slot.
void LentTime::forget_the_dead() {
  for (Slot& slot : page_->slots) {
    std::int32_t thread = slot.thread;
    // It may have left by itself, and another may have the slot already.
    if (thread <= 0 || !is_dead(thread) || !slot.thread.compare_exchange_strong(thread, kNobody))
      continue;
    slot.state = State::running;  // for whoever has it next
    slot.thread = 0;
  }
}

bool LentTime::expected_are_here() {
  std::erase_if(expected_, [this](pid_t process) {
    return is_dead(process) || std::ranges::any_of(page_->slots, [&](const Slot& slot) {
             return slot.thread == process && slot.waits > 0;
           });
  });
  return expected_.empty();
}

void LentTime::wake(std::size_t slot) const {
  const std::uint64_t one = 1;
  (void)!::write(wakes_[slot].get(), &one, sizeof one);
}

std::optional<net::TimePoint> LentTime::next_due() const {
  if (held_since_) return loop_.now();
  std::int64_t first = kNever;
  for (const Slot& slot : page_->slots) {
    if (slot.thread != 0 && slot.state == State::waits) first = std::min(first, slot.due.load());
  }
  if (first == kNever) return std::nullopt;
  return net::TimePoint(std::chrono::duration_cast<net::Duration>(std::chrono::nanoseconds(first)));
}

void LentTime::move_to(net::TimePoint now) {
  page_->now = nanoseconds(now);
}

}  // namespace badgate::harness::lent_time
