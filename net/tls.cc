#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "net/tls_context.h"
#include "net/tls_socket.h"

namespace badgate::net {
namespace {

int as_size(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, INT_MAX));
}

}  // namespace

void Tls::FreeSsl::operator()(ssl_st* ssl) const {
  // Or its session could not be used again, in OpenSSL's view.
  SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(ssl);
}

Tls::Tls(const TlsContext& context, int fd, WallTime now) : ssl_(SSL_new(context.get())) {
  socket_.fd = fd;
  BIO* bio = make_socket_bio(socket_);
  SSL_set_bio(ssl_.get(), bio, bio);  // takes the BIO
  SSL_set_app_data(ssl_.get(), this);
  if (context.role() == TlsRole::client) {
    SSL_set_connect_state(ssl_.get());
  } else {
    SSL_set_accept_state(ssl_.get());
  }
  X509_VERIFY_PARAM_set_time(SSL_get0_param(ssl_.get()), std::chrono::system_clock::to_time_t(now));
}

Tls::~Tls() = default;

bool Tls::set_server_name(const std::string& name) {
  ERR_clear_error();
  return SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                  const_cast<char*>(name.c_str())) == 1;
}

void Tls::resume(const TlsSession& session) {
  if (session) SSL_set_session(ssl_.get(), session.get());
}

Transfer Tls::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    handshaken_ = true;
    wants_write_ = false;
    filled_ = true;  // the first bytes of the stream may have come with the handshake's last
    return {Transfer::State::done, 0, 0};
  }
  const Transfer transfer = failed(result);
  wants_write_ = SSL_want_write(ssl_.get());
  return transfer;
}

// What OpenSSL says after it moved nothing.
Transfer Tls::failed(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return {};
  failure_.system = error == SSL_ERROR_SYSCALL;
  const int code = failure_.system ? socket_.error : 0;
  static_cast<TlsErrors&>(failure_) = take_tls_errors();
  if (error == SSL_ERROR_ZERO_RETURN || failure_.text.empty()) {
    return {Transfer::State::end, 0, code};
  }
  return {Transfer::State::error, 0, failure_.system ? code : EPROTO};
}

Transfer Tls::read(std::span<char> into) {
  if (last_.state != Transfer::State::again) return last_;
  std::size_t size = 0;
  filled_ = false;
  ERR_clear_error();
  // Records are small, and a stream's reader wants what is there.
  while (size < into.size()) {
    const Transfer piece = read_once(into.subspan(size));
    if (piece.state == Transfer::State::done) {
      size += piece.bytes;
      continue;
    }
    if (piece.state != Transfer::State::again) last_ = piece;
    if (size > 0) return {Transfer::State::done, size, 0};
    return piece;
  }
  filled_ = true;
  return {Transfer::State::done, size, 0};
}

Transfer Tls::read_once(std::span<char> into) {
  const int n = SSL_read(ssl_.get(), into.data(), as_size(into.size()));
  if (n > 0) return {Transfer::State::done, static_cast<std::size_t>(n), 0};
  return failed(n);
}

Transfer Tls::write(std::string_view bytes) {
  std::size_t size = 0;
  ERR_clear_error();
  while (size < bytes.size()) {
    const int n = SSL_write(ssl_.get(), bytes.data() + size, as_size(bytes.size() - size));
    if (n > 0) {
      size += static_cast<std::size_t>(n);
      continue;
    }
    if (size > 0 && SSL_want_write(ssl_.get())) break;
    Transfer transfer = failed(n);
    if (transfer.state == Transfer::State::again) break;
    // After a close_notify of the peer's OpenSSL says "end" where the socket said EPIPE.
    if (transfer.state == Transfer::State::end) {
      failure_.system = true;
      transfer = {Transfer::State::error, 0, socket_.error != 0 ? socket_.error : EPIPE};
    }
    return transfer;
  }
  if (size == 0) return {};
  return {Transfer::State::done, size, 0};
}

bool Tls::has_more() const {
  if (!handshaken_) return false;
  if (last_.state != Transfer::State::again) return true;
  return filled_ && SSL_has_pending(ssl_.get()) == 1;
}

void Tls::close_notify() {
  if (!handshaken_ || failure_.system || !failure_.text.empty()) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

long Tls::verify_error() const {
  return SSL_get_verify_result(ssl_.get());
}

std::string Tls::verify_words(long error) {
  return X509_verify_cert_error_string(error);
}

bool Tls::certificate_matches(const std::string& name) const {
  const X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr || name.empty()) return false;
  return X509_check_host(const_cast<X509*>(certificate), name.data(), name.size(), 0, nullptr) == 1;
}

std::string Tls::protocol() const {
  return SSL_get_version(ssl_.get());
}

std::string Tls::cipher() const {
  const char* name = SSL_get_cipher_name(ssl_.get());
  return name == nullptr ? std::string() : name;
}

std::vector<CertificateFacts> Tls::peer_certificates() const {
  constexpr int kMost = 16;
  std::vector<CertificateFacts> found;
  const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl_.get());
  for (int i = 0; i < std::min(sk_X509_num(chain), kMost); ++i)
    found.push_back(facts_of(*sk_X509_value(chain, i)));
  return found;
}

std::string Tls::server_name() const {
  const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? std::string() : name;
}

bool Tls::resumed() const {
  return SSL_session_reused(ssl_.get()) == 1;
}

}  // namespace badgate::net
