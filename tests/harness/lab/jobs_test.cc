#include "harness/lab/jobs.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "net/signals.h"

using namespace badgate;
using namespace badgate::harness::lab;
using namespace std::chrono_literals;

namespace {

std::string pid_text(int) {
  return std::to_string(::getpid());
}

std::string waits_for_interrupt(int interrupt_fd) {
  pollfd one{interrupt_fd, POLLIN, 0};
  ::poll(&one, 1, -1);
  return "interrupted";
}

// The results of all works, in their order: the text, or "! why".
std::vector<std::string> results(const Jobs::Settings& settings,
                                 const std::vector<Jobs::Work>& works) {
  const net::Signals signals({SIGTERM});  // as in the lab: doctest has handlers of its own
  Events events;
  std::vector<std::string> out(works.size());
  std::size_t left = works.size();
  Jobs jobs(events, settings);
  for (std::size_t i = 0; i < works.size(); ++i) {
    jobs.submit("", works[i], [&, i](const net::Result<std::string>& result) {
      out[i] = result ? *result : "! " + result.error().message;
      if (--left == 0) events.stop();
    });
  }
  if (left > 0) events.run();
  return out;
}

}  // namespace

TEST_CASE("each job has a process of its own, and its result is whole") {
  const auto out = results({.at_once = 2}, {pid_text, pid_text, pid_text,
                                            [](int) { return std::string(3'000'000, 'x'); }});
  CHECK(out[0] != out[1]);
  CHECK(out[1] != out[2]);
  CHECK(out[0] != std::to_string(::getpid()));
  CHECK(out[3] == std::string(3'000'000, 'x'));
}

TEST_CASE("a job that dies costs one answer") {
  const auto out = results({}, {[](int) -> std::string {
                                  ::raise(SIGKILL);
                                  return "";
                                },
                                [](int) -> std::string { ::_exit(3); }, pid_text});
  CHECK(out[0] == "! the process that played it was ended by signal 9 (Killed)");
  CHECK(out[1] == "! the process that played it exited with status 3");
  CHECK(out[2].substr(0, 1) != "!");
}

TEST_CASE("a job that goes on is ended, whether it listens or not") {
  const auto goes_on = [](int) -> std::string {
    for (;;)
      ::pause();
  };
  const auto out = results({.limit = 100ms}, {waits_for_interrupt, goes_on});
  CHECK(out[0] == "! it did not end within 100ms of real time");
  CHECK(out[1] == "! it did not end within 100ms of real time");
}

TEST_CASE("a result that is too long is none") {
  const auto long_text = [](int) { return std::string(100'000, 'x'); };
  CHECK(results({.result = 1000}, {long_text})[0] == "! what came of it is too long to be shown");
}

TEST_CASE("a queue that is full says so, and what waits is done") {
  const auto out = results({.at_once = 1, .queued = 2, .limit = 100ms},
                           {waits_for_interrupt, pid_text, pid_text, pid_text});
  CHECK(out[1].substr(0, 1) != "!");
  CHECK(out[2].substr(0, 1) != "!");
  CHECK(out[3] == "! the lab is busy; try again in a moment");
}

TEST_CASE("jobs end with whoever wanted them") {
  const net::Signals signals({SIGTERM});
  Events events;
  {
    Jobs jobs(events, {});
    jobs.submit("", waits_for_interrupt,
                [](const net::Result<std::string>&) { FAIL("nobody waits"); });
  }
  CHECK(::waitpid(-1, nullptr, 0) == -1);
  CHECK(errno == ECHILD);
}

TEST_CASE("clients take turns, whoever has asked for more") {
  const net::Signals signals({SIGTERM});
  Events events;
  Jobs jobs(events, {.at_once = 1});
  std::string order;
  const auto submit = [&](const std::string& client) {
    jobs.submit(client, pid_text, [&, client](const net::Result<std::string>&) {
      order += client;
      if (order.size() == 7) events.stop();
    });
  };
  for (const char* client : {"a", "a", "a", "a", "b", "b", "c"})
    submit(client);
  events.run();
  CHECK(order == "abacbaa");
}

TEST_CASE("what nobody waits for any more makes room, whether it runs or waits") {
  const net::Signals signals({SIGTERM});
  Events events;
  Jobs jobs(events, {.at_once = 1, .limit = 30s});
  std::vector<std::string> out;
  const auto keep = [&](const net::Result<std::string>& result) {
    out.push_back(result ? "well" : result.error().message);
    if (out.size() == 3) events.stop();
  };
  const auto running = jobs.submit("", waits_for_interrupt, keep);
  const auto waiting = jobs.submit("", waits_for_interrupt, keep);
  jobs.submit("", pid_text, keep);
  jobs.cancel(waiting);
  CHECK(out == std::vector<std::string>{"nobody waits for it any more"});
  jobs.cancel(running);
  jobs.cancel(running);
  jobs.cancel(999);
  const auto limit = events.after(10s, [&] { events.stop(); });
  events.run();
  CHECK(out == std::vector<std::string>{"nobody waits for it any more",
                                        "nobody waits for it any more", "well"});
}

TEST_CASE("a file of a job has an end") {
  const auto writes = [](int) -> std::string {
    std::FILE* file = std::tmpfile();
    const std::string text(1 << 16, 'x');
    int written = 0;
    while (written < 100 && std::fwrite(text.data(), 1, text.size(), file) == text.size() &&
           std::fflush(file) == 0)
      ++written;
    return written == 100 ? "all of it" : std::to_string(errno);
  };
  CHECK(results({.limits = {.file = 1 << 20}}, {writes})[0] == std::to_string(EFBIG));
  CHECK(results({}, {writes})[0] == "all of it");
}
