#include "harness/processes/listening.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "net/unique_fd.h"

namespace badgate::harness::processes {
namespace {

// Before an IPv4 address in the list of IPv6: ::ffff:127.0.0.1, as Java's servers listen.
constexpr std::string_view kMapped = "0000000000000000FFFF0000";

// "0: 0100007F:1F90 00000000:0000 0A 00000000:00000002 … inode", see proc_net_tcp: addresses as the
// machine's words, 0A is TCP_LISTEN, and its second queue that of accept(2).
void listeners_in(const char* file, std::string_view host, std::uint16_t port,
                  std::vector<TcpListener>& into) {
  std::ifstream list(file);
  const std::string tail = fmt::format(":{:04X}", port);
  std::string line;
  while (std::getline(list, line)) {
    std::istringstream words(line);
    std::string number;
    std::string local;
    std::string remote;
    std::string state;
    std::string queues;
    words >> number >> local >> remote >> state >> queues;
    if (state != "0A" || !local.ends_with(tail)) continue;
    const auto at = std::string_view(local).substr(0, local.size() - tail.size());
    if (at != host && at.find_first_not_of('0') != std::string_view::npos) continue;
    TcpListener found;
    constexpr int kBetween = 4;  // timer, retransmits, uid, timeout
    std::string skipped;
    for (int i = 0; i < kBetween; ++i)
      words >> skipped;
    words >> found.inode;
    found.waiting = std::strtoull(queues.substr(queues.find(':') + 1).c_str(), nullptr, 16);
    into.push_back(found);
  }
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

// Empty: the port is taken.
net::UniqueFd bound(std::uint16_t port) {
  net::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto address = net::Address::loopback(port);
  if (fd && ::bind(fd.get(), address.data(), address.size()) != 0) fd.close();
  return fd;
}

}  // namespace

bool somebody_listens(const net::Address& address) {
  if (address.is_unix()) return listens_at_path(address.path());
  return !listeners_at(address).empty();
}

std::vector<TcpListener> listeners_at(const net::Address& address) {
  std::vector<TcpListener> found;
  const std::string host = host_of(address);
  const bool v4 = address.family() == AF_INET;
  if (v4) listeners_in("/proc/net/tcp", host, address.port(), found);
  listeners_in("/proc/net/tcp6", v4 ? std::string(kMapped) + host : host, address.port(), found);
  return found;
}

std::uint64_t waiting_at(const net::Address& address) {
  std::uint64_t waiting = 0;
  for (const TcpListener& listener : listeners_at(address))
    waiting += listener.waiting;
  return waiting;
}

net::Result<std::uint16_t> free_port(net::Rng& rng) {
  auto reserved = reserve_port(rng);
  if (!reserved) return tl::unexpected(reserved.error());
  return reserved->port;
}

net::Result<ReservedPort> reserve_port(net::Rng& rng) {
  constexpr std::uint64_t kFirst = 16'384;
  constexpr std::uint64_t kCount = 16'000;  // the kernel's own begin at 32768
  constexpr int kAttempts = 200;
  // Runs of the same seed take place side by side.
  const auto own = static_cast<std::uint64_t>(::getpid()) * 7919;
  for (int i = 0; i < kAttempts; ++i) {
    const auto port = static_cast<std::uint16_t>(kFirst + (rng.next() + own) % kCount);
    auto hold = bound(port);
    const int on = 1;  // only now: two that bind with it would both have the port
    if (hold && ::setsockopt(hold.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0)
      return ReservedPort{port, std::move(hold)};
  }
  return net::fail("no port of 127.0.0.1 is free", EADDRINUSE);
}

}  // namespace badgate::harness::processes
