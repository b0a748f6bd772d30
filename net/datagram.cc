#include "net/datagram.h"

#include <sys/socket.h>

#include <cerrno>

#include "net/retry_interrupted.h"

namespace badgate::net {
namespace {

UniqueFd open_datagram(int family) {
  return UniqueFd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

Transfer outcome_of(ssize_t n) {
  if (n >= 0) return {Transfer::State::done, static_cast<std::size_t>(n), 0};
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {Transfer::State::again, 0, 0};
  return {Transfer::State::error, 0, errno};
}

}  // namespace

Result<std::unique_ptr<DatagramSocket>> DatagramSocket::connect(Loop& loop, const Address& peer) {
  if (!loop.may_reach(peer)) return fail("connect", EPERM);
  UniqueFd fd = open_datagram(peer.family());
  if (!fd) return fail("socket", errno);
  if (::connect(fd.get(), peer.data(), peer.size()) != 0) return fail("connect", errno);
  return std::unique_ptr<DatagramSocket>(new DatagramSocket(loop, std::move(fd)));
}

Result<std::unique_ptr<DatagramSocket>> DatagramSocket::bind(Loop& loop, const Address& address) {
  UniqueFd fd = open_datagram(address.family());
  if (!fd) return fail("socket", errno);
  if (::bind(fd.get(), address.data(), address.size()) != 0) return fail("bind", errno);
  return std::unique_ptr<DatagramSocket>(new DatagramSocket(loop, std::move(fd)));
}

Address DatagramSocket::local() const {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  return Address::from(reinterpret_cast<const sockaddr*>(&storage), size);
}

void DatagramSocket::on_readable(Loop::Callback callback) {
  watch_ = loop_.watch(fd_.get(), {.read = true},
                       [callback = std::move(callback)](Ready) { callback(); });
}

// A socket that is connected, if only to itself, is not found by what others send to its port.
void DatagramSocket::refuse() {
  watch_.reset();
  const Address own = local();
  (void)::connect(fd_.get(), own.data(), own.size());
}

Transfer DatagramSocket::receive(std::span<char> into, Address* from) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  const auto got = outcome_of(retry_interrupted([&] {
    return ::recvfrom(fd_.get(), into.data(), into.size(), 0, reinterpret_cast<sockaddr*>(&storage),
                      &size);
  }));
  if (from != nullptr && got.state == Transfer::State::done)
    *from = Address::from(reinterpret_cast<const sockaddr*>(&storage), size);
  return got;
}

Transfer DatagramSocket::send(std::string_view bytes) {
  return outcome_of(retry_interrupted(
      [&] { return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }));
}

Transfer DatagramSocket::send_to(std::string_view bytes, const Address& to) {
  return outcome_of(retry_interrupted([&] {
    return ::sendto(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL, to.data(), to.size());
  }));
}

}  // namespace badgate::net
