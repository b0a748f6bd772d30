// Who descends from whom, as /proc tells it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace badgate::harness::processes {

// Living processes whose parent is `pid`, in the order in which they began.
std::vector<pid_t> children_of(pid_t pid);
// Those, and theirs, and so on; parents before their children.
std::vector<pid_t> descendants_of(pid_t pid);
// The first of those that is stopped (state T of proc(5)). It reads no other processes: it may be
// asked again and again.
std::optional<pid_t> stopped_descendant_of(pid_t pid);
// Whether one of them has the socket with this inode open; nullopt: one of them does not show what
// it has, as another user's.
std::optional<bool> descendants_have_socket(pid_t pid, std::uint64_t inode);

}  // namespace badgate::harness::processes
