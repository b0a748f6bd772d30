#include "fault_backends/file_rights.h"

#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "net/address.h"
#include "net/unique_fd.h"

namespace badgate::fault_backends {
namespace {

constexpr uid_t kNobody = 65534;

// A folder with a listening socket of mode 0 in it, that everybody can get to.
class Forbidden {
 public:
  Forbidden() {
    if (mkdtemp(folder_.data()) == nullptr) return;
    made_ = true;
    ::chmod(folder_.data(), 0755);
    const auto address = net::Address::unix_path(path());
    fd_ = net::UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ready_ = fd_ && address && ::bind(fd_.get(), address->data(), address->size()) == 0 &&
             ::chmod(path().c_str(), 0) == 0 && ::listen(fd_.get(), 1) == 0;
  }
  ~Forbidden() {
    if (!made_) return;
    ::unlink(path().c_str());
    ::rmdir(folder_.data());
  }
  Forbidden(const Forbidden&) = delete;
  Forbidden& operator=(const Forbidden&) = delete;

  bool ready() const { return ready_; }
  std::string path() const { return std::string(folder_.data()) + "/socket"; }

 private:
  std::array<char, 32> folder_{"/tmp/badgate-rights-XXXXXX"};
  net::UniqueFd fd_;
  bool made_ = false;
  bool ready_ = false;
};

// Both calls return what was in force; -1 changes nothing.
uid_t file_user() {
  return static_cast<uid_t>(::setfsuid(static_cast<uid_t>(-1)));
}
gid_t file_group() {
  return static_cast<gid_t>(::setfsgid(static_cast<gid_t>(-1)));
}

}  // namespace

OrdinaryFileRights::OrdinaryFileRights() : user_(file_user()), group_(file_group()) {
  if (user_ != 0) return;
  ::setfsgid(kNobody);
  ::setfsuid(kNobody);
}

OrdinaryFileRights::~OrdinaryFileRights() {
  if (user_ != 0) return;
  ::setfsuid(user_);
  ::setfsgid(group_);
}

OwnFileRights::OwnFileRights() : user_(file_user()), group_(file_group()) {
  ::setfsuid(::geteuid());
  ::setfsgid(::getegid());
}

OwnFileRights::~OwnFileRights() {
  ::setfsgid(group_);
  ::setfsuid(user_);
}

net::Result<void> OrdinaryFileRights::available() {
  const Forbidden forbidden;
  if (!forbidden.ready()) {
    return net::fail(std::string("no socket can be made in /tmp: ") + std::strerror(errno), errno);
  }
  const auto address = net::Address::unix_path(forbidden.path());
  const OrdinaryFileRights guard;
  const net::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd && ::connect(fd.get(), address->data(), address->size()) != 0 && errno == EACCES) {
    return {};
  }
  return net::fail("this user may connect to a unix socket whatever its mode");
}

}  // namespace badgate::fault_backends
