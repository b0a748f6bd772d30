// Who descends from whom, as /proc tells it.
#pragma once

#include <sys/types.h>

#include <vector>

namespace badgate::harness::processes {

// Living processes whose parent is `pid`, in the order in which they began.
std::vector<pid_t> children_of(pid_t pid);
// Those, and theirs, and so on; parents before their children.
std::vector<pid_t> descendants_of(pid_t pid);

}  // namespace badgate::harness::processes
