#include "net/address.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>

#include "net/text.h"

namespace badgate::net {
namespace {

Result<std::uint16_t> parse_port(std::string_view text) {
  unsigned value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || ec != std::errc() || end != text.data() + text.size() || value > 65535) {
    return fail(fmt::format("\"{}\" is not a port (0 to 65535)", text));
  }
  return static_cast<std::uint16_t>(value);
}

template <typename T>
T read_as(const sockaddr* addr) {
  T value{};
  std::memcpy(&value, addr, sizeof value);
  return value;
}

template <typename T>
Address address_of(const T& value) {
  return Address::from(reinterpret_cast<const sockaddr*>(&value), sizeof value);
}

Address ipv4(in_addr ip, std::uint16_t port) {
  sockaddr_in sin{};
  sin.sin_family = AF_INET;
  sin.sin_addr = ip;
  sin.sin_port = htons(port);
  return address_of(sin);
}

Address ipv6(in6_addr ip, std::uint16_t port) {
  sockaddr_in6 sin6{};
  sin6.sin6_family = AF_INET6;
  sin6.sin6_addr = ip;
  sin6.sin6_port = htons(port);
  return address_of(sin6);
}

// As inet_ntop(3), which goes through printf.
std::string dotted(in_addr ip) {
  const std::uint32_t bits = ntohl(ip.s_addr);
  std::string text;
  for (const int shift : {24, 16, 8, 0}) {
    append_number(text, (bits >> shift) & 0xff);
    if (shift > 0) text += '.';
  }
  return text;
}

}  // namespace

Address Address::from(const sockaddr* addr, socklen_t length) {
  Address a;
  a.size_ = std::min(length, static_cast<socklen_t>(sizeof a.storage_));
  std::memcpy(&a.storage_, addr, a.size_);
  return a;
}

Address Address::loopback(std::uint16_t port) {
  return ipv4({htonl(INADDR_LOOPBACK)}, port);
}
Address Address::loopback6(std::uint16_t port) {
  return ipv6(in6addr_loopback, port);
}

Result<Address> Address::unix_path(std::string_view path) {
  sockaddr_un sun{};
  if (path.empty()) return fail("the path of a unix socket is empty");
  if (path.size() >= sizeof sun.sun_path) {
    return fail(fmt::format("the path of a unix socket may have {} bytes, this one has {}: {}",
                            sizeof sun.sun_path - 1, path.size(), path));
  }
  sun.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), sun.sun_path);
  return from(reinterpret_cast<const sockaddr*>(&sun),
              static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1));
}

Result<Address> Address::parse(std::string_view text) {
  if (text.starts_with("unix:")) return unix_path(text.substr(5));
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return fail(fmt::format("\"{}\" has no port; write it as ADDRESS:PORT", text));
  }
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return tl::unexpected(port.error());
  std::string host(text.substr(0, colon));
  if (host.starts_with('[') && host.ends_with(']')) {
    in6_addr ip{};
    if (inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &ip) == 1) {
      return ipv6(ip, *port);
    }
  } else {
    in_addr ip{};
    if (inet_pton(AF_INET, host.c_str(), &ip) == 1) return ipv4(ip, *port);
  }
  return fail(fmt::format(
      "\"{}\" is not an address; write 127.0.0.1:PORT, [::1]:PORT or unix:/PATH", text));
}

std::uint16_t Address::port() const {
  if (family() == AF_INET) return ntohs(read_as<sockaddr_in>(data()).sin_port);
  if (family() == AF_INET6) return ntohs(read_as<sockaddr_in6>(data()).sin6_port);
  return 0;
}

std::string Address::path() const {
  if (!is_unix() || size_ <= offsetof(sockaddr_un, sun_path)) return {};
  const auto sun = read_as<sockaddr_un>(data());
  return std::string(sun.sun_path, strnlen(sun.sun_path, size_ - offsetof(sockaddr_un, sun_path)));
}

std::string Address::host() const {
  if (family() == AF_INET) return dotted(read_as<sockaddr_in>(data()).sin_addr);
  if (family() == AF_INET6) {
    char text[INET6_ADDRSTRLEN] = "";
    const auto sin6 = read_as<sockaddr_in6>(data());
    return fmt::format("[{}]", inet_ntop(AF_INET6, &sin6.sin6_addr, text, sizeof text));
  }
  return "unix:";
}

std::string Address::to_string() const {
  if (is_unix()) return "unix:" + path();
  std::string text = host();
  text += ':';
  append_number(text, port());
  return text;
}

bool Address::is_wildcard() const {
  if (family() == AF_INET) return read_as<sockaddr_in>(data()).sin_addr.s_addr == INADDR_ANY;
  if (family() != AF_INET6) return false;
  const auto sin6 = read_as<sockaddr_in6>(data());
  return IN6_IS_ADDR_UNSPECIFIED(&sin6.sin6_addr) != 0;
}

bool Address::operator==(const Address& other) const {
  if (family() != other.family()) return false;
  if (family() != AF_INET) return to_string() == other.to_string();
  const auto a = read_as<sockaddr_in>(data());
  const auto b = read_as<sockaddr_in>(other.data());
  return a.sin_addr.s_addr == b.sin_addr.s_addr && a.sin_port == b.sin_port;
}

}  // namespace badgate::net
