// Permissions: whether a process of a certain user may connect to a unix socket, folder by folder,
// by the rules of path_resolution(7) and unix(7). Asks the file system and nothing else.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/result.h"

namespace badgate::harness::check {

struct User {
  std::string name;
  uid_t uid = 0;
  std::vector<gid_t> groups;  // all of them, the primary one too

  bool is_root() const { return uid == 0; }
  bool is_in(gid_t group) const;
};

// Of the machine's user database. The Error: there is none of that name.
net::Result<User> user_named(const std::string& name);
User current_user();

// What stands between a user and a socket.
struct Obstacle {
  enum class Kind { missing, not_a_socket, no_way, no_right, unreadable };
  Kind kind;
  std::string path;   // which part of the way: a folder or the socket itself
  std::string state;  // "drwx------ root root"; empty: it is not there
};

// Nothing: the user may connect, as far as modes and owners say. ACLs and SELinux are beyond it.
std::optional<Obstacle> obstacle_to_socket(const std::string& path, const User& user);

}  // namespace badgate::harness::check
