// Guardian: a small process between badgate and a program that badgate has begun. It owns the
// program and everything that the program has begun: processes that lose their parents come to it
// (PR_SET_CHILD_SUBREAPER), so that none gets away, whatever group or session it makes for itself.
//
// It hears badgate through a socket. When that closes without farewell, because badgate was killed,
// it kills all that is left and removes the run's folders. It is in a session of its own: what a
// terminal or a `kill` does to badgate's group does not reach it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace badgate::harness::processes {

// Whom a signal is for.
enum class Whom : int {
  program,    // the process that was begun
  child,      // the first of its children that still lives, also when it is gone itself
  everybody,  // all of its processes
};

// From badgate to the guardian.
struct Order {
  enum class Kind : int { signal, end };
  Kind kind;
  Whom whom;     // of `signal`
  int number;    // the signal; of `end`: the one that asks the program to end
  int grace_ms;  // of `end`: SIGKILL follows so long after
};

// From the guardian to badgate.
struct Notice {
  enum class Kind : int {
    cannot_execute,  // value: errno
    ended,           // the process that was begun; value: as of waitpid(2)
    all_ended,       // value: 1 if it took SIGKILL though all had been asked to end
    nobody,          // there was nobody to get the signal; value: its number
  };
  Kind kind;
  int value;
};

// What to execute. Descriptors are borrowed.
struct Launch {
  std::string path;
  std::vector<std::string> arguments;    // without the program's name
  std::vector<std::string> environment;  // "NAME=value"; nothing else is handed on
  std::vector<int> descriptors;          // get the numbers from 3 on
  int errors = -1;                       // becomes stderr …
  bool output = false;                   // … and stdout; otherwise that goes nowhere
  std::string directory;                 // to work in; empty: badgate's own
  std::uint64_t memory_limit = 0;        // bytes of address space of each process; 0: none
  std::uint64_t files_limit = 0;         // open files of each process; 0: none
  std::vector<std::string> folders;      // to remove when badgate is gone
  std::vector<std::string> files;        // to remove when all has ended
  // Files that processes leave behind, without the pid that their names end with.
  std::vector<std::string> files_of_pids;
  // How the paths of its files in shared memory begin, "/dev/shm/ShM.": those that its processes
  // have mapped when they are killed are removed. Empty: it has none.
  std::string shared_files;
};

// What the forked process does, to its end. `channel` is a SOCK_SEQPACKET socket; everything else
// that the process has inherited is closed.
[[noreturn]] void guard(int channel, const Launch& launch);

}  // namespace badgate::harness::processes
