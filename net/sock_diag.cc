#include "net/sock_diag.h"

#include <fmt/core.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "net/retry_interrupted.h"
#include "net/unique_fd.h"

namespace badgate::net {
namespace {

constexpr std::uint32_t kListen = 10;  // TCP_LISTEN of the kernel's tcp_states.h

tl::unexpected<Error> failed(const char* what) {
  const int code = errno;
  return fail(fmt::format("{}: {}", what, std::strerror(code)), code);
}

template <typename T>
std::optional<T> read_as(std::string_view bytes) {
  T value{};
  if (bytes.size() < sizeof value) return std::nullopt;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

// Whether there is more to come.
using OnMessage = std::function<void(std::string_view payload)>;
Result<bool> take_messages(std::string_view bytes, const OnMessage& on_message) {
  while (const auto header = read_as<nlmsghdr>(bytes)) {
    if (header->nlmsg_len < sizeof *header || header->nlmsg_len > bytes.size()) break;
    const auto payload = bytes.substr(NLMSG_HDRLEN, header->nlmsg_len - NLMSG_HDRLEN);
    if (header->nlmsg_type == NLMSG_DONE) return false;
    if (header->nlmsg_type == NLMSG_ERROR) {
      const auto error = read_as<nlmsgerr>(payload);
      errno = error ? -error->error : EBADMSG;
      return failed("sock_diag");
    }
    if (header->nlmsg_type == SOCK_DIAG_BY_FAMILY) on_message(payload);
    bytes.remove_prefix(std::min<std::size_t>(bytes.size(), NLMSG_ALIGN(header->nlmsg_len)));
  }
  return true;
}

template <typename Request>
Result<void> dump(const Request& request, const OnMessage& on_message) {
  const UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!fd) return failed("socket(NETLINK_SOCK_DIAG)");
  struct {
    nlmsghdr header{};
    Request body{};
  } message;
  message.header.nlmsg_len = sizeof message;
  message.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  message.body = request;
  if (::send(fd.get(), &message, sizeof message, 0) < 0) return failed("sock_diag");
  alignas(nlmsghdr) std::array<char, 32 * 1024> answer{};
  for (;;) {
    const ssize_t n =
        retry_interrupted([&] { return ::recv(fd.get(), answer.data(), answer.size(), 0); });
    if (n <= 0) return failed("sock_diag");
    const auto more =
        take_messages(std::string_view(answer.data(), static_cast<std::size_t>(n)), on_message);
    if (!more) return tl::unexpected(more.error());
    if (!*more) return {};
  }
}

using Found = std::optional<ListenQueue>;

void keep(Found& found, const ListenQueue& queue) {
  if (!found || found->waiting < queue.waiting) found = queue;
}

bool is_zero(const std::uint32_t* words, std::size_t count) {
  return std::all_of(words, words + count, [](std::uint32_t word) { return word == 0; });
}

// Whether who listens at `id` gets what is sent to the address.
bool covers(const inet_diag_msg& socket, const Address& address) {
  if (ntohs(socket.id.idiag_sport) != address.port()) return false;
  const std::uint32_t* at = socket.id.idiag_src;
  if (address.family() == AF_INET6) {
    sockaddr_in6 name{};
    std::memcpy(&name, address.data(), sizeof name);
    return socket.idiag_family == AF_INET6 &&
           (is_zero(at, 4) || std::memcmp(at, &name.sin6_addr, 16) == 0);
  }
  sockaddr_in name{};
  std::memcpy(&name, address.data(), sizeof name);
  if (socket.idiag_family == AF_INET) return at[0] == 0 || at[0] == name.sin_addr.s_addr;
  const bool mapped = is_zero(at, 2) && at[2] == htonl(0xffff);
  return is_zero(at, 4) || (mapped && at[3] == name.sin_addr.s_addr);
}

Result<void> find_inet(std::uint8_t family, const Address& address, Found& found) {
  inet_diag_req_v2 request{};
  request.sdiag_family = family;
  request.sdiag_protocol = IPPROTO_TCP;
  request.idiag_states = 1U << kListen;
  return dump(request, [&](std::string_view payload) {
    const auto socket = read_as<inet_diag_msg>(payload);
    if (socket && covers(*socket, address))
      keep(found, {socket->idiag_rqueue, socket->idiag_wqueue, socket->idiag_inode});
  });
}

// Name and queue of one unix socket stand in attributes behind it.
void take_unix(std::string_view payload, const std::string& path, Found& found) {
  const auto socket = read_as<unix_diag_msg>(payload);
  if (!socket) return;
  ListenQueue queue{.inode = socket->udiag_ino};
  bool named = false;
  payload.remove_prefix(std::min<std::size_t>(payload.size(), NLMSG_ALIGN(sizeof *socket)));
  while (const auto head = read_as<rtattr>(payload)) {
    if (head->rta_len < sizeof *head || head->rta_len > payload.size()) break;
    auto data = payload.substr(RTA_LENGTH(0), head->rta_len - RTA_LENGTH(0));
    if (head->rta_type == UNIX_DIAG_NAME) named = data.substr(0, data.find('\0')) == path;
    if (head->rta_type == UNIX_DIAG_RQLEN) {
      if (const auto lengths = read_as<unix_diag_rqlen>(data)) {
        queue.waiting = lengths->udiag_rqueue;
        queue.limit = lengths->udiag_wqueue;
      }
    }
    payload.remove_prefix(std::min<std::size_t>(payload.size(), RTA_ALIGN(head->rta_len)));
  }
  if (named) keep(found, queue);
}

Result<void> find_unix(const Address& address, Found& found) {
  unix_diag_req request{};
  request.sdiag_family = AF_UNIX;
  request.udiag_states = 1U << kListen;
  request.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_RQLEN;
  return dump(request, [&, path = address.path()](std::string_view payload) {
    take_unix(payload, path, found);
  });
}

}  // namespace

Result<std::optional<ListenQueue>> listen_queue(const Address& address) {
  Found found;
  Result<void> ok;
  if (address.is_unix()) {
    ok = find_unix(address, found);
  } else {
    if (address.family() == AF_INET) ok = find_inet(AF_INET, address, found);
    if (ok) ok = find_inet(AF_INET6, address, found);
  }
  if (!ok) return tl::unexpected(ok.error());
  return found;
}

bool is_local(const Address& address) {
  if (address.is_unix()) return true;
  const auto any_port = Address::parse(address.host() + ":0");
  const UniqueFd fd(::socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return any_port && fd && ::bind(fd.get(), any_port->data(), any_port->size()) == 0;
}

}  // namespace badgate::net
