#include "harness/processes/listening.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "net/unique_fd.h"

namespace badgate::harness::processes {
namespace {

// Before an IPv4 address in the list of IPv6: ::ffff:127.0.0.1, as Java's servers listen.
constexpr std::string_view kMapped = "0000000000000000FFFF0000";

// "0100007F:1F90 … 0A", see proc_net_tcp: addresses as the machine's words, 0A is TCP_LISTEN.
bool listens_in(const char* file, std::string_view host, std::uint16_t port) {
  std::ifstream list(file);
  const std::string tail = fmt::format(":{:04X}", port);
  std::string line;
  while (std::getline(list, line)) {
    std::istringstream words(line);
    std::string number;
    std::string local;
    std::string remote;
    std::string state;
    words >> number >> local >> remote >> state;
    if (state != "0A" || !local.ends_with(tail)) continue;
    const auto at = std::string_view(local).substr(0, local.size() - tail.size());
    if (at == host || at.find_first_not_of('0') == std::string_view::npos) return true;
  }
  return false;
}

std::string words_of(const void* address, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; i += sizeof(std::uint32_t)) {
    std::uint32_t word = 0;
    std::memcpy(&word, static_cast<const char*>(address) + i, sizeof word);
    out += fmt::format("{:08X}", word);
  }
  return out;
}

std::string host_of(const net::Address& address) {
  if (address.family() == AF_INET6) {
    const auto* name = reinterpret_cast<const sockaddr_in6*>(address.data());
    return words_of(&name->sin6_addr, sizeof name->sin6_addr);
  }
  const auto* name = reinterpret_cast<const sockaddr_in*>(address.data());
  return words_of(&name->sin_addr, sizeof name->sin_addr);
}

// "…: 00000002 00000000 00010000 0001 01 4711 /path": the flag is __SO_ACCEPTCON.
bool listens_at_path(const std::string& path) {
  std::ifstream list("/proc/net/unix");
  std::string line;
  while (std::getline(list, line)) {
    if (!line.ends_with(" " + path)) continue;
    std::istringstream words(line);
    std::string skipped;
    std::string flags;
    words >> skipped >> skipped >> skipped >> flags;
    if (flags == "00010000") return true;
  }
  return false;
}

bool can_bind(std::uint16_t port) {
  const net::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto address = net::Address::loopback(port);
  return fd && ::bind(fd.get(), address.data(), address.size()) == 0;
}

}  // namespace

bool somebody_listens(const net::Address& address) {
  if (address.is_unix()) return listens_at_path(address.path());
  const std::string host = host_of(address);
  if (address.family() == AF_INET && listens_in("/proc/net/tcp", host, address.port())) return true;
  const bool v4 = address.family() == AF_INET;
  return listens_in("/proc/net/tcp6", v4 ? std::string(kMapped) + host : host, address.port());
}

net::Result<std::uint16_t> free_port(net::Rng& rng) {
  constexpr std::uint64_t kFirst = 16'384;
  constexpr std::uint64_t kCount = 16'000;  // the kernel's own begin at 32768
  constexpr int kAttempts = 200;
  // Runs of the same seed take place side by side.
  const auto own = static_cast<std::uint64_t>(::getpid()) * 7919;
  for (int i = 0; i < kAttempts; ++i) {
    const auto port = static_cast<std::uint16_t>(kFirst + (rng.next() + own) % kCount);
    if (can_bind(port)) return port;
  }
  return net::fail("no port of 127.0.0.1 is free", EADDRINUSE);
}

}  // namespace badgate::harness::processes
