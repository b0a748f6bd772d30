// Address: where a socket is, IPv4, IPv6 or a unix path, written as nginx writes it.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "net/result.h"

namespace badgate::net {

class Address {
 public:
  Address() = default;

  // "127.0.0.1:80", "[::1]:80", "unix:/path". No names: resolving is not an address's business.
  static Result<Address> parse(std::string_view text);
  static Address loopback(std::uint16_t port = 0);   // 127.0.0.1
  static Address loopback6(std::uint16_t port = 0);  // [::1]
  static Result<Address> unix_path(std::string_view path);
  static Address from(const sockaddr* addr, socklen_t length);

  int family() const { return storage_.ss_family; }
  bool is_unix() const { return family() == AF_UNIX; }
  std::uint16_t port() const;     // 0 for unix sockets
  std::string path() const;       // empty for TCP
  std::string host() const;       // "127.0.0.1", "[::1]", "unix:" as nginx logs a client
  std::string to_string() const;  // "127.0.0.1:80", "[::1]:80", "unix:/path"
  bool is_wildcard() const;       // 0.0.0.0 or [::]

  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }

  bool operator==(const Address& other) const;

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

}  // namespace badgate::net
