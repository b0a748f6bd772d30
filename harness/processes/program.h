// Program: a child process that is somebody else's program, with a pipe from its stderr. It owns
// the process and every process that the program has begun: when it is destroyed, and also when
// badgate is killed, none of them goes on (guardian.h).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/processes/guardian.h"
#include "net/result.h"
#include "net/unique_fd.h"

namespace badgate::harness::processes {

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

  // The Error: it could not be begun. That a program cannot be executed is a notice.
  // `launch.errors` is set here.
  static net::Result<std::unique_ptr<Program>> start(Launch launch);
  // SIGTERM, and SIGKILL to whatever has not ended a second later, unless `end` said otherwise.
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // What it writes to stderr: non-blocking; its end is the end of all processes of the program.
  int error_fd() const { return errors_.get(); }
  // Readable when there is a notice to take, or all is over.
  int notice_fd() const { return channel_.get(); }

  // What has happened to it since the last call. False: nothing of it is left, nor will be.
  bool take_notices(std::vector<Notice>& into);

  void signal(int number, Whom whom = Whom::program) const;
  // One of its processes that was stopped (SIGSTOP) and goes on only when it is told to.
  std::optional<pid_t> stopped_process() const;
  // Whether one of its processes has the socket with this inode; nullopt: that cannot be seen.
  std::optional<bool> has_socket(std::uint64_t inode) const;
  // Asks it to end with signal `number`; SIGKILL follows after `grace`. Returns at once.
  void end(int number, std::chrono::milliseconds grace);
  // Waits for that. True: all ended as they were asked to; false: it took SIGKILL.
  bool wait_ended();

 private:
  Program(pid_t guardian, net::UniqueFd channel, net::UniqueFd errors)
      : guardian_(guardian), channel_(std::move(channel)), errors_(std::move(errors)) {}

  pid_t guardian_;
  net::UniqueFd channel_;
  net::UniqueFd errors_;
  bool ending_ = false;
  bool killed_ = false;
  std::chrono::milliseconds grace_{};
};

// Waits until `fd` is readable or at its end, for use before the scenario's time begins. False:
// nothing came.
bool wait_readable(int fd, std::chrono::milliseconds patience);

// Runs a program that ends by itself, and returns what it has written to stdout and stderr (at most
// 64 KiB).
net::Result<std::string> output_of(const std::string& path,
                                   const std::vector<std::string>& arguments);

// The executable file `name`: as it stands if it has a slash, else from $PATH or /usr/sbin. Empty:
// there is none.
std::string find_program(const std::string& name);

}  // namespace badgate::harness::processes
