#include "net/tls_socket.h"

#include <openssl/bio.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>

namespace badgate::net {
namespace {

Tls::Socket& socket_of(BIO* bio) {
  return *static_cast<Tls::Socket*>(BIO_get_data(bio));
}

bool must_wait(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

int read_socket(BIO* bio, char* into, int size) {
  Tls::Socket& socket = socket_of(bio);
  BIO_clear_retry_flags(bio);
  const auto n = ::recv(socket.fd, into, static_cast<std::size_t>(size), 0);
  if (n == 0) socket.eof = true;
  if (n < 0) {
    socket.error = errno;
    if (must_wait(errno)) BIO_set_retry_read(bio);
  }
  return static_cast<int>(n);
}

int write_socket(BIO* bio, const char* bytes, int size) {
  Tls::Socket& socket = socket_of(bio);
  BIO_clear_retry_flags(bio);
  const auto n = ::send(socket.fd, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (n < 0) {
    socket.error = errno;
    if (must_wait(errno)) BIO_set_retry_write(bio);
  }
  return static_cast<int>(n);
}

long control_socket(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_EOF:
      return socket_of(bio).eof ? 1 : 0;
    default:
      return 0;
  }
}

struct FreeMethod {
  void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
};
using Method = std::unique_ptr<BIO_METHOD, FreeMethod>;

const BIO_METHOD* socket_method() {
  static const Method method = [] {
    Method made(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "badgate socket"));
    BIO_meth_set_read(made.get(), &read_socket);
    BIO_meth_set_write(made.get(), &write_socket);
    BIO_meth_set_ctrl(made.get(), &control_socket);
    return made;
  }();
  return method.get();
}

}  // namespace

BIO* make_socket_bio(Tls::Socket& socket) {
  BIO* bio = BIO_new(socket_method());
  BIO_set_data(bio, &socket);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace badgate::net
