// What is said of programs that do not come up, end or are stopped.
#include "harness/processes/supervisor.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "harness/processes/listening.h"
#include "net/rng.h"

using namespace badgate;
using namespace badgate::harness::processes;
using namespace std::chrono_literals;

namespace {

struct Shell {
  explicit Shell(const std::string& script)
      : program(Program::start({.path = "/bin/sh", .arguments = {"-c", script}}).value()),
        supervisor("proxy", *program),
        lines(program->error_fd(), [this](std::string_view line) { supervisor.wrote(line); }) {}

  net::Error never_ready(int interrupt_fd = -1) {
    auto ok =
        supervisor.wait_until([] { return false; }, "does not listen", lines, interrupt_fd, 300ms);
    REQUIRE_FALSE(ok);
    return ok.error();
  }

  std::unique_ptr<Program> program;
  Supervisor supervisor;
  LineReader lines;
};

}  // namespace

TEST_CASE("a program that does not come up is given up in its own last words") {
  Shell shell("for i in 1 2 3 4 5 6; do echo line $i >&2; done; sleep 60; true");
  const auto error = shell.never_ready();
  CHECK(error.code == ETIMEDOUT);
  CHECK(error.message ==
        "proxy does not listen after 300ms; its last lines:\n  line 2\n  line 3\n  line 4\n  line "
        "5\n  line 6");
}

TEST_CASE("a program that is stopped while it starts") {
  Shell shell("sleep 60 & kill -STOP $!; wait");
  const auto error = shell.never_ready();
  CHECK(error.message.starts_with("proxy does not listen after 300ms: its process "));
  CHECK(error.message.ends_with(" is stopped"));
}

TEST_CASE("a program that ends while it starts, also in mid-line") {
  Shell exits("printf 'no line feed' >&2; exit 4");
  const auto exited = exits.never_ready();
  CHECK(exited.code == 0);
  CHECK(exited.message ==
        "proxy does not start: exited with status 4; its last lines:\n  no line feed");
  Shell killed("sleep 60 & kill -SEGV $$");  // its child holds stderr open
  const auto ended = killed.never_ready();
  CHECK(ended.code == ECHILD);
  CHECK(ended.message == "proxy does not start: ended by SIGSEGV");
}

TEST_CASE("starting is broken off") {
  auto pipe = make_pipe();
  REQUIRE(pipe);
  REQUIRE(::write(pipe->write.get(), "x", 1) == 1);
  Shell shell("sleep 60");
  CHECK(shell.never_ready(pipe->read.get()).code == ECANCELED);
}

TEST_CASE("a port that is reserved is nobody else's") {
  net::Rng rng(1);
  const auto mine = reserve_port(rng);
  REQUIRE(mine);
  net::Rng same(1);
  const auto other = reserve_port(same);
  REQUIRE(other);
  CHECK(mine->port != other->port);
  CHECK(listeners_at(net::Address::loopback(mine->port)).empty());
}
