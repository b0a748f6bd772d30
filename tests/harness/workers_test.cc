#include "harness/workers.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <set>

using namespace badgate::harness;

namespace {

struct Result {
  std::string text;
  std::string how_died;
};

using Results = std::map<std::size_t, Result>;

Workers collecting(Results& results, std::size_t tasks, unsigned jobs) {
  Workers w;
  w.jobs = jobs;
  w.tasks = tasks;
  w.on_result = [&results](std::size_t i, std::string text, std::string how_died) {
    results[i] = {std::move(text), std::move(how_died)};
    return true;
  };
  return w;
}

}  // namespace

TEST_CASE("every task is done once, whatever the number of workers") {
  for (const unsigned jobs : {1U, 2U, 7U}) {
    CAPTURE(jobs);
    Results results;
    Workers w = collecting(results, 40, jobs);
    // Larger than a pipe holds.
    w.work = [](std::size_t i, int) { return std::string(100'000 + i, 'x'); };
    REQUIRE(run_workers(w).has_value());
    REQUIRE(results.size() == 40);
    for (const auto& [i, result] : results) {
      CHECK(result.text.size() == 100'000 + i);
      CHECK(result.how_died.empty());
    }
  }
}

TEST_CASE("a worker that dies costs its task alone, and says how it died") {
  Results results;
  Workers w = collecting(results, 10, 2);
  w.work = [](std::size_t i, int) {
    if (i == 3) ::raise(SIGKILL);
    if (i == 5) ::_exit(7);
    return std::string("done");
  };
  REQUIRE(run_workers(w).has_value());
  REQUIRE(results.size() == 10);
  CHECK(results[3].how_died == "ended by signal 9 (Killed)");
  CHECK(results[5].how_died == "exited with status 7 before it had a result");
  for (const std::size_t i : {0, 1, 2, 4, 6, 7, 8, 9})
    CHECK(results[i].text == "done");
}

TEST_CASE("a task that wants a process of its own gets one") {
  Results results;
  Workers w = collecting(results, 12, 2);
  w.alone = [](std::size_t i) { return i % 4 == 1; };
  w.work = [](std::size_t, int) { return std::to_string(::getpid()); };
  REQUIRE(run_workers(w).has_value());
  std::map<std::string, int> uses;
  for (const auto& [i, result] : results)
    ++uses[result.text];
  for (const std::size_t i : {1, 5, 9})
    CHECK(uses[results[i].text] == 1);
}

TEST_CASE("no more tasks are started once a result says so") {
  Results results;
  Workers w = collecting(results, 1000, 1);
  w.work = [](std::size_t, int) { return std::string(); };
  w.on_result = [&](std::size_t i, std::string, std::string) {
    results[i] = {};
    return i != 4;
  };
  REQUIRE(run_workers(w).has_value());
  CHECK(results.size() == 5);
}

TEST_CASE("SIGTERM ends the workers in good order") {
  Results results;
  Workers w = collecting(results, 100, 2);
  const pid_t parent = ::getpid();
  w.work = [parent](std::size_t, int interrupt_fd) {
    ::kill(parent, SIGTERM);
    pollfd p{interrupt_fd, POLLIN, 0};
    return std::string(::poll(&p, 1, 10'000) == 1 ? "interrupted" : "never told");
  };
  const auto done = run_workers(w);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().message == "interrupted");
  CHECK(results.size() <= 2);
  for (const auto& [i, result] : results)
    CHECK(result.text == "interrupted");
}
