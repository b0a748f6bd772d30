#include "fault_backends/socket_filter.h"

#include <fmt/core.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <utility>

#include "net/unique_fd.h"

namespace badgate::fault_backends {
namespace {

// What a program returns is how many bytes of the packet are kept.
constexpr std::uint32_t kDrop = 0;
constexpr std::uint32_t kPass = 0xffffffff;
// The filter of a TCP socket sees the packet from its TCP header on; the upper half of this byte is
// the header's length in words of 4 bytes (RFC 9293 section 3.1, "data offset").
constexpr std::uint32_t kDataOffsetByte = 12;

constexpr sock_filter op(int code, std::uint32_t k, std::uint8_t if_true = 0,
                         std::uint8_t if_false = 0) {
  return {static_cast<std::uint16_t>(code), if_true, if_false, k};
}

}  // namespace

SocketFilter SocketFilter::drop_all() {
  return SocketFilter({op(BPF_RET | BPF_K, kDrop)});
}

SocketFilter SocketFilter::drop_share(double share) {
  const double bound = std::clamp(share, 0.0, 1.0) * 4294967296.0;
  if (bound >= 4294967295.0) return drop_all();
  const auto k = static_cast<std::uint32_t>(std::llround(bound));
  return SocketFilter({
      op(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_RANDOM)),
      op(BPF_JMP | BPF_JGE | BPF_K, k, 1, 0),
      op(BPF_RET | BPF_K, kDrop),
      op(BPF_RET | BPF_K, kPass),
  });
}

SocketFilter SocketFilter::drop_larger_than(std::uint32_t payload) {
  return SocketFilter({
      op(BPF_LD | BPF_B | BPF_ABS, kDataOffsetByte),
      op(BPF_ALU | BPF_RSH | BPF_K, 4),
      op(BPF_ALU | BPF_LSH | BPF_K, 2),
      op(BPF_MISC | BPF_TAX, 0),
      op(BPF_LD | BPF_W | BPF_LEN, 0),
      op(BPF_ALU | BPF_SUB | BPF_X, 0),
      op(BPF_JMP | BPF_JGT | BPF_K, payload, 0, 1),
      op(BPF_RET | BPF_K, kDrop),
      op(BPF_RET | BPF_K, kPass),
  });
}

net::Result<void> SocketFilter::attach(int fd) const {
  int domain = 0;
  socklen_t size = sizeof domain;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX) {
    return net::fail("a unix socket has no packets that a filter could drop", EINVAL);
  }
  // The kernel copies the program and does not write to it.
  const sock_fprog program{static_cast<unsigned short>(program_.size()),
                           const_cast<sock_filter*>(program_.data())};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0) return {};
  const int code = errno;
  return net::fail(fmt::format("setsockopt(SO_ATTACH_FILTER) failed ({}: {}{})", code,
                               std::strerror(code), code == EPERM ? "; needs CAP_NET_ADMIN" : ""),
                   code);
}

net::Result<void> SocketFilter::available() {
  const net::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return net::fail(fmt::format("socket() failed ({})", std::strerror(errno)), errno);
  return drop_all().attach(fd.get());
}

void detach_socket_filter(int fd) {
  const int unused = 0;
  (void)setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused);
}

}  // namespace badgate::fault_backends
