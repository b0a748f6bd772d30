#include "fault_backends/presence.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "fault_backends/file_rights.h"

namespace badgate::fault_backends {
namespace {

tl::unexpected<net::Error> failed(const char* call, const net::Address& address) {
  const int code = errno;
  return net::fail(
      fmt::format("{}({}) failed ({}: {})", call, address.to_string(), code, std::strerror(code)),
      code);
}

// A socket that holds the address and does not listen. SO_REUSEADDR lets the listener join it.
net::Result<net::UniqueFd> bind_only(const net::Address& address) {
  net::UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return failed("socket", address);
  const int on = 1;
  (void)setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), address.data(), address.size()) != 0) return failed("bind", address);
  return fd;
}

net::Result<net::Address> name_of(int fd, const net::Address& wanted) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return failed("getsockname", wanted);
  }
  return net::Address::from(reinterpret_cast<const sockaddr*>(&storage), size);
}

// Connecting to a unix socket needs write permission on it, and the proxy may be another user. The
// kernel asks for it before it looks whether the file is a socket and whether somebody listens.
net::Result<void> let_everybody_in(const net::Address& address) {
  constexpr mode_t everybody = 0666;
  if (address.is_unix() && ::chmod(address.path().c_str(), everybody) != 0) {
    return failed("chmod", address);
  }
  return {};
}

net::Address any_port(const net::Address& like) {
  return like.family() == AF_INET6 ? net::Address::loopback6() : net::Address::loopback();
}

}  // namespace

net::Result<std::unique_ptr<Presence>> Presence::reserve(net::Loop& loop,
                                                         const net::Address& wanted) {
  std::unique_ptr<Presence> presence(new Presence(loop, wanted));
  if (wanted.is_unix()) return presence;
  auto fd = bind_only(wanted);
  if (!fd) return tl::unexpected(fd.error());
  auto name = name_of(fd->get(), wanted);
  if (!name) return tl::unexpected(name.error());
  presence->reserved_ = std::move(*fd);
  presence->address_ = *name;
  return presence;
}

Presence::~Presence() {
  const OwnFileRights rights;
  listener_.reset();
  remove_file();
}

net::Result<void> Presence::listen(net::Listener::Options options,
                                   net::Listener::OnAccept on_accept) {
  const OwnFileRights rights;
  remove_file();
  auto listener = net::Listener::open(loop_, address_, options, std::move(on_accept));
  if (!listener) return tl::unexpected(listener.error());
  listener_ = std::move(*listener);
  return let_everybody_in(address_);
}

void Presence::vanish() {
  if (!listener_) return;
  listener_->keep_file();
  listener_.reset();
}

net::Result<std::string> Presence::arrange(Action::Kind how, net::Listener::Options options,
                                           net::Listener::OnAccept on_accept) {
  const OwnFileRights rights;
  if (how == Action::Kind::refuse) {
    // A unix socket that was bound and left behind refuses as a closed port does.
    return address_.is_unix() ? leave_file(Action::Kind::stale)
                              : net::Result<std::string>("connection refused (port closed)");
  }
  if (how == Action::Kind::wrong_port) {
    return listen_elsewhere(options, std::move(on_accept));
  }
  if (!address_.is_unix()) {
    return net::fail(fmt::format("{} is no unix socket: it has no file", address_.to_string()));
  }
  if (how != Action::Kind::no_permission) return leave_file(how);
  if (auto listening = listen(options, std::move(on_accept)); !listening) {
    return tl::unexpected(listening.error());
  }
  if (::chmod(address_.path().c_str(), 0) != 0) return failed("chmod", address_);
  return "permission denied (socket file of mode 0)";
}

net::Result<std::string> Presence::listen_elsewhere(net::Listener::Options options,
                                                    net::Listener::OnAccept on_accept) {
  if (address_.is_unix()) return net::fail("a unix socket has no port to be wrong");
  auto listener = net::Listener::open(loop_, any_port(address_), options, std::move(on_accept));
  if (!listener) return tl::unexpected(listener.error());
  listener_ = std::move(*listener);
  return "connection refused (it listens at another port)";
}

net::Result<std::string> Presence::leave_file(Action::Kind how) {
  remove_file();
  if (how == Action::Kind::missing) return "no such file";
  if (how == Action::Kind::not_a_socket) {
    const net::UniqueFd file(::open(address_.path().c_str(),
                                    O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!file) return failed("open", address_);
    if (auto open = let_everybody_in(address_); !open) return tl::unexpected(open.error());
    return "connection refused (a plain file)";
  }
  auto fd = bind_only(address_);
  if (!fd) return tl::unexpected(fd.error());
  if (auto open = let_everybody_in(address_); !open) return tl::unexpected(open.error());
  return "connection refused (stale socket file)";
}

void Presence::remove_file() {
  if (address_.is_unix()) ::unlink(address_.path().c_str());
}

}  // namespace badgate::fault_backends
