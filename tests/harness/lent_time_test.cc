// A program whose time is badgate's, and what the two make of it.
#include "harness/lent_time/lent_time.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "harness/processes/line_reader.h"
#include "harness/processes/program.h"

using namespace badgate;
using namespace badgate::harness;
using namespace std::chrono_literals;
using lent_time::LentTime;

namespace {

// tests/harness/lent_time_program.cc on a virtual clock, with a socket to it.
struct Borrower {
  explicit Borrower(const std::string& story, std::chrono::milliseconds patience = 10s) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    ours = net::UniqueFd(ends[0]);
    const net::UniqueFd theirs(ends[1]);
    lent = LentTime::lend(loop, patience).value();
    std::vector<int> descriptors{theirs.get()};
    for (const int fd : lent->descriptors())
      descriptors.push_back(fd);
    constexpr int kFirst = processes::Program::kFirstDescriptor;
    program = processes::Program::start({.path = BADGATE_LENT_TIME_PROGRAM,
                                         .arguments = {story},
                                         .environment = LentTime::environment(kFirst + 1),
                                         .descriptors = descriptors})
                  .value();
    lines.emplace(program->error_fd(), [this](std::string_view line) { on_line(line); });
    while (said.empty() && processes::wait_readable(program->error_fd(), 10s) && lines->drain()) {
    }
    REQUIRE_FALSE(said.empty());
    lent->expect(std::stoi(said.front()));
    lines->watch(loop);
  }
  ~Borrower() { program->end(SIGKILL, 0ms); }

  void on_line(std::string_view line) {
    said.emplace_back(line);
    said_at.push_back(loop.now());
  }

  std::unique_ptr<net::Clock> clock = net::make_virtual_clock(net::default_epoch());
  net::Loop loop{*clock};
  net::UniqueFd ours;
  std::unique_ptr<LentTime> lent;
  std::unique_ptr<processes::Program> program;
  std::optional<processes::LineReader> lines;
  std::vector<std::string> said;
  std::vector<net::TimePoint> said_at;
};

}  // namespace

TEST_CASE("a program waits an hour in no time, and both tell the same time") {
  const auto start = std::chrono::steady_clock::now();
  Borrower borrower("waits an hour");
  net::TimePoint ours;
  const auto timer = borrower.loop.after(10s, [&] { ours = borrower.loop.now(); });
  CHECK(borrower.loop.run() == net::Loop::End::idle);
  CHECK(ours == net::TimePoint(10s));
  REQUIRE(borrower.said.size() == 2);
  CHECK(borrower.said[1] == "3600 s later it is 2026-01-01 01:00:00, says time() as well");
  CHECK(borrower.said_at[1] == net::TimePoint(1h));
  CHECK(std::chrono::steady_clock::now() - start < 1min);
}

TEST_CASE("what is sent to a program is answered at the time that it takes") {
  Borrower borrower("answers after 5 s");
  std::vector<net::TimePoint> answered;
  const auto watch = borrower.loop.watch(borrower.ours.get(), {.read = true}, [&](net::Ready) {
    char byte = 0;
    REQUIRE(::read(borrower.ours.get(), &byte, 1) == 1);
    answered.push_back(borrower.loop.now());
  });
  std::vector<net::Timer> timers;
  for (const auto at : {1s, 20s})
    timers.push_back(borrower.loop.after(at, [&] { (void)!::write(borrower.ours.get(), "?", 1); }));
  CHECK(borrower.loop.run() == net::Loop::End::idle);
  CHECK(answered == std::vector{net::TimePoint(6s), net::TimePoint(25s)});
}

TEST_CASE("while time is held for a program, only what is due runs") {
  Borrower borrower("answers after 5 s");
  borrower.lent->hold();
  bool ran = false;
  const auto later = borrower.loop.after(1s, [&] { ran = true; });
  unsigned turns = 0;
  std::function<void()> count = [&] {
    CHECK_FALSE(ran);
    if (++turns == 100) borrower.lent->go_on();
  };
  std::vector<net::Timer> timers;
  for (int i = 0; i < 100; ++i)
    timers.push_back(borrower.loop.soon(count));
  CHECK(borrower.loop.run() == net::Loop::End::idle);
  CHECK(ran);
  CHECK(turns == 100);
}

TEST_CASE("a program that was killed is not waited for") {
  Borrower borrower("answers after 5 s");
  bool ran = false;
  const auto kill =
      borrower.loop.after(1s, [&] { ::kill(std::stoi(borrower.said.front()), SIGKILL); });
  const auto later = borrower.loop.after(2s, [&] { ran = true; });
  CHECK(borrower.loop.run() == net::Loop::End::idle);
  CHECK(ran);
}

TEST_CASE("a program that neither works nor waits does not hold up badgate for ever") {
  Borrower borrower("sleeps for real", 200ms);
  CHECK(borrower.loop.run() == net::Loop::End::restless);
}
