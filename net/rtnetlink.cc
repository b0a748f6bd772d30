#include "net/rtnetlink.h"

#include <fmt/core.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "net/unique_fd.h"

namespace badgate::net::rtnetlink {
namespace {

// A request: the netlink header, the fixed part of its kind, then attributes.
class Request {
 public:
  Request(std::uint16_t type, int flags) {
    auto& h = header();
    h.nlmsg_len = NLMSG_LENGTH(0);
    h.nlmsg_type = type;
    h.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
  }

  template <typename T>
  void body(const T& value) {
    append(&value, sizeof value);
  }

  template <typename T>
  void attribute(unsigned short type, const T& value) {
    const rtattr head{static_cast<unsigned short>(RTA_LENGTH(sizeof value)), type};
    append(&head, sizeof head);
    append(&value, sizeof value);
  }

  // The kernel's answer: 0 or an errno.
  int send() const {
    const UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!fd) return errno;
    const auto size = bytes_.size() < length() ? bytes_.size() : length();
    if (::send(fd.get(), bytes_.data(), size, 0) < 0) return errno;
    alignas(nlmsghdr) std::array<char, 1024> answer{};
    const ssize_t n = ::recv(fd.get(), answer.data(), answer.size(), 0);
    if (n < 0) return errno;
    nlmsgerr error{};
    if (static_cast<std::size_t>(n) < NLMSG_HDRLEN + sizeof error) return EBADMSG;
    std::memcpy(&error, answer.data() + NLMSG_HDRLEN, sizeof error);
    return -error.error;
  }

 private:
  nlmsghdr& header() { return *reinterpret_cast<nlmsghdr*>(bytes_.data()); }
  std::size_t length() const { return reinterpret_cast<const nlmsghdr*>(bytes_.data())->nlmsg_len; }

  void append(const void* data, std::size_t size) {
    const std::size_t at = NLMSG_ALIGN(length());
    if (at + size > bytes_.size()) return;  // the messages of this file are a fifth of it
    std::memcpy(bytes_.data() + at, data, size);
    header().nlmsg_len = static_cast<std::uint32_t>(at + size);
  }

  alignas(nlmsghdr) std::array<char, 256> bytes_{};
};

Result<void> outcome(const char* what, int code) {
  if (code == 0) return {};
  return fail(fmt::format("{} failed ({}: {})", what, code, std::strerror(code)), code);
}

rtmsg route_body(unsigned char type) {
  rtmsg body{};
  body.rtm_family = AF_INET;
  body.rtm_dst_len = 32;
  body.rtm_table = RT_TABLE_LOCAL;
  body.rtm_protocol = RTPROT_STATIC;
  body.rtm_scope = type == RTN_LOCAL ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
  body.rtm_type = type;
  return body;
}

}  // namespace

Result<void> link_up(unsigned interface_index) {
  Request request(RTM_NEWLINK, 0);
  ifinfomsg body{};
  body.ifi_family = AF_UNSPEC;
  body.ifi_index = static_cast<int>(interface_index);
  body.ifi_flags = IFF_UP;
  body.ifi_change = IFF_UP;
  request.body(body);
  return outcome("bringing up the interface", request.send());
}

Result<void> replace_route(in_addr to, unsigned char type, unsigned interface_index) {
  Request request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
  request.body(route_body(type));
  request.attribute(RTA_DST, to);
  if (interface_index != 0) request.attribute(RTA_OIF, interface_index);
  return outcome("setting the route", request.send());
}

Result<void> delete_route(in_addr to) {
  Request request(RTM_DELROUTE, 0);
  rtmsg body = route_body(RTN_UNSPEC);
  body.rtm_protocol = RTPROT_UNSPEC;
  body.rtm_scope = RT_SCOPE_NOWHERE;  // of whatever scope it is
  request.body(body);
  request.attribute(RTA_DST, to);
  const int code = request.send();
  return outcome("removing the route", code == ESRCH ? 0 : code);
}

Result<void> add_address(const Address& address, unsigned interface_index) {
  const bool v6 = address.family() == AF_INET6;
  ifaddrmsg body{};
  body.ifa_family = static_cast<unsigned char>(address.family());
  body.ifa_prefixlen = v6 ? 128 : 32;
  body.ifa_flags = v6 ? IFA_F_NODAD : 0;
  body.ifa_index = interface_index;
  Request request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
  request.body(body);
  if (v6) {
    sockaddr_in6 name{};
    std::memcpy(&name, address.data(), sizeof name);
    request.attribute(IFA_LOCAL, name.sin6_addr);
    request.attribute(IFA_ADDRESS, name.sin6_addr);
  } else {
    sockaddr_in name{};
    std::memcpy(&name, address.data(), sizeof name);
    request.attribute(IFA_LOCAL, name.sin_addr);
    request.attribute(IFA_ADDRESS, name.sin_addr);
  }
  return outcome("adding the address", request.send());
}

}  // namespace badgate::net::rtnetlink
