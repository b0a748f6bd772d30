// OrdinaryFileRights: as long as it lives, this thread touches files with the rights of an ordinary
// user. Root may connect to every unix socket whatever its mode, so a proxy that runs as root would
// never meet "permission denied" (13); inside this guard it does. For anybody but root it does
// nothing, and nothing is needed.
//
// It changes the thread's file-system user and group (setfsuid(2), setfsgid(2)), which takes the
// file capabilities with it (capabilities(7)); sockets that are open, ports and signals are not
// concerned. Files made inside belong to that user. A backend, which is another process than the
// proxy and has rights of its own, lifts the guard with OwnFileRights where it touches its files.
#pragma once

#include <sys/types.h>

#include "net/result.h"

namespace badgate::fault_backends {

class OrdinaryFileRights {
 public:
  // Whether a socket of mode 0 is refused inside, found out with one in the temporary folder.
  static net::Result<void> available();

  OrdinaryFileRights();
  ~OrdinaryFileRights();
  OrdinaryFileRights(const OrdinaryFileRights&) = delete;
  OrdinaryFileRights& operator=(const OrdinaryFileRights&) = delete;

 private:
  uid_t user_;
  gid_t group_;
};

// As long as it lives, this thread touches files with the rights of its process again, also within
// OrdinaryFileRights; outside of it nothing changes.
class OwnFileRights {
 public:
  OwnFileRights();
  ~OwnFileRights();
  OwnFileRights(const OwnFileRights&) = delete;
  OwnFileRights& operator=(const OwnFileRights&) = delete;

 private:
  uid_t user_;
  gid_t group_;
};

}  // namespace badgate::fault_backends
