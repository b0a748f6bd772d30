// Connection: one stream socket, TCP or unix, in the verbs in which every fault can be said: read,
// write, pause, half-close, close, reset; plain, or with TLS once `start_tls` was called. It owns
// its descriptor and its watch; it does not buffer.
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
#include "net/transfer.h"
#include "net/unique_fd.h"

namespace badgate::net {

class Tls;
class TlsContext;

struct SocketOptions {
  // Sizes of the kernel's buffers in bytes; 0 leaves them to the kernel. Set them where it matters
  // how many bytes fit: left alone, the kernel tunes them by real time.
  int receive_buffer = 0;
  int send_buffer = 0;
  // The own address to connect from; nothing: the kernel chooses.
  std::optional<Address> bind;
};

class Connection {
 public:
  using OnReady = Watch::Callback;

  // Takes over a connected, non-blocking socket, as a listener accepts it. Nothing is watched yet.
  Connection(Loop& loop, UniqueFd fd, Address peer);

  // Starts a connection. The socket may be connected at once (`connecting` is false) or be in
  // progress: then it becomes writable when it is over, and `take_error` tells how it went. An
  // immediate failure is an Error with the errno and the name of the system call that failed as
  // message: "socket", "bind" or "connect"; EPERM is also that the loop may not reach the peer.
  static Result<Connection> connect(Loop& loop, const Address& peer, SocketOptions options = {});

  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  bool is_open() const { return static_cast<bool>(fd_); }
  bool connecting() const { return connecting_; }
  int fd() const { return fd_.get(); }
  const Address& peer() const { return peer_; }
  Address local() const;

  // From now on TLS is spoken, in the role of `context`. Before anything is read or written the
  // handshake has to be done: see Tls::handshake. Returns it, for what is to be set before.
  Tls& start_tls(const TlsContext& context);
  Tls* tls() const { return tls_.get(); }  // nullptr: plain
  // From now on the bytes are the socket's own again.
  void stop_tls();

  // One step of the handshake; `again`: when it is ready for handshake_interest().
  Transfer handshake();
  Ready handshake_interest() const;

  // At most `into.size()` bytes. With TLS these are the ones that were encrypted; an `error` is
  // explained by Tls::failure.
  Transfer read(std::span<char> into);
  Transfer write(std::string_view bytes);
  // The same from and to several pieces of memory with one system call. At most IOV_MAX pieces.
  Transfer readv(std::span<const iovec> into);
  Transfer writev(std::span<const iovec> pieces);

  // Calls back when the socket is ready for what `watch` asked for. Set before the first `watch`.
  // With TLS also when something was read from the socket already that the caller has not had.
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

  // With TLS: says that the stream ends here, as an orderly end does. The others end without it.
  void close_notify();
  void shutdown_write();  // FIN, and go on reading
  void close();           // FIN, or RST if the kernel holds unread bytes, as the kernel decides
  void reset();           // RST on TCP (SO_LINGER 0); on unix sockets the same as close

 private:
  Transfer read_tls(std::span<char> into);
  Transfer readv_tls(std::span<const iovec> into);
  Transfer writev_tls(std::span<const iovec> pieces);
  void announce_rest();

  Loop* loop_;
  UniqueFd fd_;
  Address peer_;
  bool connecting_ = false;
  OnReady on_ready_;
  std::unique_ptr<Tls> tls_;
  std::unique_ptr<Watch> watch_;
  Timer rest_;  // announces what TLS has read ahead
};

// A stream socket, non-blocking, and for TCP without Nagle's delay, which would hold bytes back in
// real time. What a listener accepts has that from the listener. Empty on failure: see errno.
UniqueFd open_socket(int family);
void apply_options(int fd, const SocketOptions& options);

}  // namespace badgate::net
