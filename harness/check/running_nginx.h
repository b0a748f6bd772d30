// Running nginx: what can be seen from outside of an nginx that runs with a configuration: since
// when, as which user, and to whom its workers are connected. Reads /proc; contacts nobody.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "harness/check/permissions.h"
#include "net/address.h"
#include "net/time.h"

namespace badgate::harness::check {

struct RunningNginx {
  pid_t master = 0;
  net::Duration age{};                  // of its youngest worker: since its last start or reload
  std::optional<User> user;             // of its workers
  bool connections_seen = false;        // false: their descriptors may not be read
  std::vector<net::Address> connected;  // remote addresses of its workers' connections
};

// The one whose master was started with this configuration file (-c, under -p if it is relative),
// or without both if the file is at one of the usual places. Nothing: none runs, or it cannot be
// told which.
std::optional<RunningNginx> find_running_nginx(const std::string& config,
                                               const std::string& proc = "/proc");

}  // namespace badgate::harness::check
