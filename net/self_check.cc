#include "net/self_check.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "net/address.h"
#include "net/connection.h"
#include "net/unique_fd.h"

namespace badgate::net {
namespace {

// Enough to see that a machine is unfit; each late step costs the time until it arrives.
constexpr unsigned kLateIsEnough = 100;
constexpr int kLateWaitMs = 100;
// Small, so that a buffer is full after a few kilobytes.
constexpr SocketOptions kSmallBuffers{.receive_buffer = 16384, .send_buffer = 16384};

tl::unexpected<Error> failed(const char* call) {
  const int code = errno;
  return fail(fmt::format("loopback check: {}() failed ({}: {})", call, code, std::strerror(code)),
              code);
}

struct Listening {
  UniqueFd fd;
  Address address;
};

struct Pair {
  UniqueFd client;
  UniqueFd server;
};

Result<Listening> open_listener() {
  UniqueFd fd = open_socket(AF_INET);
  if (!fd) return failed("socket");
  apply_options(fd.get(), kSmallBuffers);
  const Address any = Address::loopback();
  if (::bind(fd.get(), any.data(), any.size()) != 0) return failed("bind");
  if (::listen(fd.get(), 16) != 0) return failed("listen");
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* name = reinterpret_cast<sockaddr*>(&storage);
  if (getsockname(fd.get(), name, &size) != 0) return failed("getsockname");
  return Listening{std::move(fd), Address::from(name, size)};
}

bool ready(int fd, short events, int wait_ms) {
  pollfd p{fd, events, 0};
  return ::poll(&p, 1, wait_ms) > 0;
}

class Checker {
 public:
  explicit Checker(const Listening& listening) : listening_(listening) {}

  // Every step at least once, over two connections: one ends with FIN, the other with RST.
  Result<void> turn() {
    auto pair = connect();
    if (!pair) return tl::unexpected(pair.error());
    send(pair->client, pair->server);
    send(pair->server, pair->client);
    drain(*pair);
    fin(*pair);
    auto second = connect();
    if (!second) return tl::unexpected(second.error());
    reset(*second);
    return {};
  }

  const LoopbackCheck& result() const { return result_; }
  bool gave_up() const { return late_ >= kLateIsEnough; }

 private:
  // Counts a step, and waits for what is late so that the next step begins from a quiet state.
  void expect(LoopbackCheck::Index step, int fd, short events) {
    auto& s = result_.steps[step];
    ++s.tried;
    if (ready(fd, events, 0)) return;
    ++s.late;
    ++late_;
    if (!ready(fd, events, kLateWaitMs)) late_ = kLateIsEnough;  // not late but lost
  }

  Result<Pair> connect() {
    UniqueFd client = open_socket(AF_INET);
    if (!client) return failed("socket");
    apply_options(client.get(), kSmallBuffers);
    const Address& to = listening_.address;
    if (::connect(client.get(), to.data(), to.size()) != 0 && errno != EINPROGRESS) {
      return failed("connect");
    }
    const bool writable = ready(client.get(), POLLOUT, 0);
    expect(LoopbackCheck::connect, listening_.fd.get(), POLLIN);
    if (!writable) expect(LoopbackCheck::connect, client.get(), POLLOUT);
    UniqueFd server(
        ::accept4(listening_.fd.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!server) return failed("accept4");
    return Pair{std::move(client), std::move(server)};
  }

  void send(const UniqueFd& from, const UniqueFd& to) {
    (void)::send(from.get(), "x", 1, MSG_NOSIGNAL);
    expect(LoopbackCheck::send, to.get(), POLLIN);
    char byte = 0;
    (void)::recv(to.get(), &byte, 1, 0);
  }

  // A sender that was stopped by full buffers can go on once its peer has read everything.
  void drain(const Pair& pair) {
    static constexpr std::array<char, 16384> zeros{};
    while (::send(pair.client.get(), zeros.data(), zeros.size(), MSG_NOSIGNAL) > 0) {
    }
    std::array<char, 16384> into;
    while (::recv(pair.server.get(), into.data(), into.size(), 0) > 0) {
    }
    expect(LoopbackCheck::drain, pair.client.get(), POLLOUT);
  }

  void fin(const Pair& pair) {
    ::shutdown(pair.client.get(), SHUT_WR);
    expect(LoopbackCheck::fin, pair.server.get(), POLLIN | POLLRDHUP);
    ::shutdown(pair.server.get(), SHUT_WR);
    expect(LoopbackCheck::fin, pair.client.get(), POLLIN | POLLRDHUP);
  }

  void reset(Pair& pair) {
    const linger abort{1, 0};
    (void)setsockopt(pair.client.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
    pair.client.close();
    expect(LoopbackCheck::reset, pair.server.get(), POLLERR);
  }

  const Listening& listening_;
  LoopbackCheck result_;
  unsigned late_ = 0;
};

}  // namespace

bool LoopbackCheck::settles_at_once() const {
  return std::all_of(steps.begin(), steps.end(), [](const Step& s) { return s.late == 0; });
}

std::string LoopbackCheck::to_string() const {
  std::string late;
  for (const Step& s : steps) {
    if (s.late == 0) continue;
    late += fmt::format("{}{} ({} of {})", late.empty() ? "" : ", ", s.name, s.late, s.tried);
  }
  if (late.empty()) return fmt::format("loopback delivers at once ({} trials)", steps[drain].tried);
  return fmt::format(
      "this machine's loopback does not deliver at once: late were {}; virtual-clock results "
      "cannot be trusted; use --clock real (or turn off receive packet steering: "
      "/sys/class/net/lo/queues/rx-0/rps_cpus should be 0)",
      late);
}

Result<LoopbackCheck> check_loopback(unsigned trials) {
  const auto listening = open_listener();
  if (!listening) return tl::unexpected(listening.error());
  Checker checker(*listening);
  for (unsigned i = 0; i < trials && !checker.gave_up(); ++i) {
    const auto done = checker.turn();
    if (!done && !checker.gave_up()) return tl::unexpected(done.error());
  }
  return checker.result();
}

}  // namespace badgate::net
