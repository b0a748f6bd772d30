#include "net/network_namespace.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "net/rtnetlink.h"
#include "net/unique_fd.h"

namespace badgate::net {
namespace {

constexpr std::uint8_t kLastHost = 254;

tl::unexpected<Error> failed(std::string_view what, int code) {
  return fail(fmt::format("{} failed ({}: {})", what, code, std::strerror(code)), code);
}

Result<void> write_file(const std::string& path, std::string_view text) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return failed("open(" + path + ")", errno);
  // One write: the kernel takes the files below /proc whole or not at all.
  if (::write(fd.get(), text.data(), text.size()) < 0) return failed("write(" + path + ")", errno);
  return {};
}

// user_namespaces(7): an unprivileged process may map its own ids only, and its group only after it
// has given up setgroups.
Result<void> become_root_inside(uid_t uid, gid_t gid) {
  if (auto r = write_file("/proc/self/setgroups", "deny"); !r) return r;
  if (auto r = write_file("/proc/self/uid_map", fmt::format("0 {} 1", uid)); !r) return r;
  return write_file("/proc/self/gid_map", fmt::format("0 {} 1", gid));
}

Result<void> leave_outer_network() {
  if (::unshare(CLONE_NEWNET) == 0) return {};
  if (errno != EPERM) return failed("unshare(CLONE_NEWNET)", errno);
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
    return failed("unshare(CLONE_NEWUSER | CLONE_NEWNET)", errno);
  }
  return become_root_inside(uid, gid);
}

// What the child of `available` has to say: empty if all went well.
std::string try_everything() {
  auto inside = NetworkNamespace::enter();
  if (!inside) return inside.error().message;
  const auto address = inside->allocate(0);
  const auto routed = inside->set_route(*address, Route::prohibit);
  return routed ? "" : routed.error().message;
}

std::string read_to_end(int fd) {
  std::string text;
  std::array<char, 512> buffer;
  for (;;) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0 || text.size() > 4096) return text;
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
}

Result<in_addr> ipv4_of(const Address& address) {
  if (address.family() != AF_INET) {
    return fail(fmt::format("routes are set for IPv4 addresses, not for {}", address.to_string()));
  }
  sockaddr_in sin{};
  std::memcpy(&sin, address.data(), sizeof sin);
  return sin.sin_addr;
}

}  // namespace

std::string_view to_string(Route route) {
  switch (route) {
    case Route::local:
      return "local";
    case Route::none:
      return "no route";
    case Route::unreachable:
      return "unreachable";
    case Route::prohibit:
      return "prohibit";
    case Route::blackhole:
      return "blackhole";
  }
  return "";
}

Result<void> NetworkNamespace::available() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failed("pipe2", errno);
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return failed("fork", errno);
  if (child == 0) {
    const std::string reason = try_everything();
    const bool told = ::write(writing.get(), reason.data(), reason.size()) >= 0;
    ::_exit(told && reason.empty() ? 0 : 1);
  }
  writing.close();
  const std::string reason = read_to_end(reading.get());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (reason.empty() && WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail("no network namespace of one's own here: " +
              (reason.empty() ? "the child that tried it died" : reason));
}

Result<NetworkNamespace> NetworkNamespace::enter() {
  if (auto left = leave_outer_network(); !left) return tl::unexpected(left.error());
  const unsigned lo = if_nametoindex("lo");
  if (lo == 0) return failed("if_nametoindex(lo)", errno);
  if (auto up = rtnetlink::link_up(lo); !up) return tl::unexpected(up.error());
  return NetworkNamespace();
}

Result<Address> NetworkNamespace::allocate(std::uint16_t port) {
  if (next_host_ > kLastHost) return fail("all addresses of 192.0.2.0/24 are in use");
  return Address::parse(fmt::format("192.0.2.{}:{}", next_host_++, port));
}

Result<void> NetworkNamespace::add_address(const Address& address) {
  return rtnetlink::add_address(address, if_nametoindex("lo"));
}

Result<void> NetworkNamespace::set_route(const Address& to, Route route) {
  const auto ip = ipv4_of(to);
  if (!ip) return tl::unexpected(ip.error());
  switch (route) {
    case Route::none:
      return rtnetlink::delete_route(*ip);
    case Route::local:
      return rtnetlink::replace_route(*ip, RTN_LOCAL, if_nametoindex("lo"));
    case Route::unreachable:
      return rtnetlink::replace_route(*ip, RTN_UNREACHABLE, 0);
    case Route::prohibit:
      return rtnetlink::replace_route(*ip, RTN_PROHIBIT, 0);
    case Route::blackhole:
      return rtnetlink::replace_route(*ip, RTN_BLACKHOLE, 0);
  }
  return fail("no such route");
}

Result<void> NetworkNamespace::set_limit(std::string_view name, std::string_view value) {
  return write_file(fmt::format("/proc/sys/net/ipv4/{}", name), value);
}

}  // namespace badgate::net
