// Connection: one stream socket, TCP or unix, in the verbs in which every fault can be said: read,
// write, pause, half-close, close, reset. It owns its descriptor and its watch; it does not buffer.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "net/address.h"
#include "net/loop.h"
#include "net/unique_fd.h"

namespace badgate::net {

// What one read or write did.
struct Transfer {
  enum class State {
    done,   // `bytes` were moved (at least 1)
    again,  // nothing to do now: wait for readiness
    end,    // read only: the peer has sent FIN
    error,  // `code` is the errno
  };
  State state = State::again;
  std::size_t bytes = 0;
  int code = 0;
};

struct SocketOptions {
  // Sizes of the kernel's buffers in bytes; 0 leaves them to the kernel. Set them where it matters
  // how many bytes fit: left alone, the kernel tunes them by real time.
  int receive_buffer = 0;
  int send_buffer = 0;
};

class Connection {
 public:
  using OnReady = Watch::Callback;

  // Takes over a connected, non-blocking socket, as a listener accepts it. Nothing is watched yet.
  Connection(Loop& loop, UniqueFd fd, Address peer);

  // Starts a connection. The socket may be connected at once (`connecting` is false) or be in
  // progress: then it becomes writable when it is over, and `take_error` tells how it went. An
  // immediate failure is an Error with the errno and the name of the system call that failed as
  // message: "socket", "bind" or "connect".
  static Result<Connection> connect(Loop& loop, const Address& peer, SocketOptions options = {});

  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  bool is_open() const { return static_cast<bool>(fd_); }
  bool connecting() const { return connecting_; }
  int fd() const { return fd_.get(); }
  const Address& peer() const { return peer_; }
  Address local() const;

  // At most `into.size()` bytes.
  Transfer read(std::span<char> into);
  Transfer write(std::string_view bytes);
  // The same from and to several pieces of memory with one system call. At most IOV_MAX pieces.
  Transfer readv(std::span<const iovec> into);
  Transfer writev(std::span<const iovec> pieces);

  // Calls back when the socket is ready for what `watch` asked for. Set before the first `watch`.
  void on_ready(OnReady callback) { on_ready_ = std::move(callback); }
  void watch(Ready interest);
  Ready watched() const;

  // Whether the peer has closed or reset, also when unread bytes stand before that. Asks the
  // kernel and consumes nothing.
  bool peer_closed() const;

  // Whether a read would give bytes, the end or an error. Consumes nothing.
  bool has_input() const;

  // SO_ERROR, which it clears; 0 when there is none. Ends the `connecting` state.
  int take_error();

  void shutdown_write();  // FIN, and go on reading
  void close();           // FIN, or RST if the kernel holds unread bytes, as the kernel decides
  void reset();           // RST on TCP (SO_LINGER 0); on unix sockets the same as close

 private:
  Loop* loop_;
  UniqueFd fd_;
  Address peer_;
  bool connecting_ = false;
  OnReady on_ready_;
  std::unique_ptr<Watch> watch_;
};

// A stream socket, non-blocking, and for TCP without Nagle's delay, which would hold bytes back in
// real time. What a listener accepts has that from the listener. Empty on failure: see errno.
UniqueFd open_socket(int family);
void apply_options(int fd, const SocketOptions& options);

}  // namespace badgate::net
