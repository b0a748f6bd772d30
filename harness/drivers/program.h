// Program: a child process that is somebody else's program, with a pipe from its stderr. It owns
// the process and every process that the program has begun: when it is destroyed, and also when
// badgate is killed, none of them goes on.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "net/result.h"
#include "net/unique_fd.h"

namespace badgate::harness::drivers {

struct Pipe {
  net::UniqueFd read;  // non-blocking
  net::UniqueFd write;
};
// Both ends are closed in programs that are started, unless they are handed on.
net::Result<Pipe> make_pipe();

class Program {
 public:
  // Descriptor number that the first of `descriptors` has in the program; the others follow.
  static constexpr int kFirstDescriptor = 3;

  struct Start {
    std::string path;
    std::vector<std::string> arguments;    // without the program's name
    std::vector<std::string> environment;  // "NAME=value"; nothing else is handed on
    std::vector<int> descriptors;          // borrowed
  };

  // The Error: it could not be begun. That a program cannot be executed shows as its end.
  static net::Result<std::unique_ptr<Program>> start(const Start& start);
  // SIGTERM, and SIGKILL to whatever has not ended a second later.
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // What it writes to stderr: non-blocking; its end is the end of all processes of the program.
  int error_fd() const { return errors_.get(); }
  void signal(int number) const;

 private:
  Program(pid_t pid, net::UniqueFd errors) : pid_(pid), errors_(std::move(errors)) {}
  bool ended_within(std::chrono::milliseconds patience);

  pid_t pid_;
  net::UniqueFd errors_;
};

// Waits until `fd` is readable or at its end, for use before the scenario's time begins. False:
// nothing came.
bool wait_readable(int fd, std::chrono::milliseconds patience);

// Runs a program that ends by itself, and returns what it has written to stderr (at most 64 KiB).
net::Result<std::string> errors_of(const std::string& path,
                                   const std::vector<std::string>& arguments);

// The executable file `name`: as it stands if it has a slash, else from $PATH or /usr/sbin. Empty:
// there is none.
std::string find_program(const std::string& name);

}  // namespace badgate::harness::drivers
