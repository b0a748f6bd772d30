// Tls: TLS on one socket, as Connection uses it. It owns OpenSSL's SSL, and borrows the descriptor.
// Everything is non-blocking; nothing is verified or sent that was not asked for. After
// ngx_ssl_handshake, ngx_ssl_recv and ngx_ssl_write.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/certificate_facts.h"
#include "net/time.h"
#include "net/tls_error.h"
#include "net/transfer.h"

struct ssl_st;
struct ssl_session_st;

namespace badgate::net {

class TlsContext;

// What makes the next handshake with the same server shorter.
using TlsSession = std::shared_ptr<ssl_session_st>;

// Why an operation failed.
struct TlsFailure : TlsErrors {
  bool system = false;  // a system call did: Transfer::code is its errno
};

class Tls {
 public:
  // Certificates are verified as of `now`. The context is kept alive by OpenSSL.
  Tls(const TlsContext& context, int fd, WallTime now);
  ~Tls();
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  // For clients, before the handshake: the name that is asked for (SNI). False: OpenSSL refuses it.
  bool set_server_name(const std::string& name);
  void resume(const TlsSession& session);
  // Called for each session that the server offers, which may be long after the handshake.
  void on_session(std::function<void(TlsSession)> callback) { on_session_ = std::move(callback); }

  // `done`: it is over. `end`: the peer has closed (code 0) or reset (its errno). `error`: see
  // failure(). `again`: when the socket is ready for what `wants_write` says.
  Transfer handshake();
  bool handshaken() const { return handshaken_; }
  bool wants_write() const { return wants_write_; }

  // As Connection's. A peer that ends without close_notify, or resets, ends the stream as one that
  // says it (SSL_OP_IGNORE_UNEXPECTED_EOF). After `again`, write the same bytes or more of them.
  Transfer read(std::span<char> into);
  Transfer write(std::string_view bytes);
  // A read would give something although the socket has nothing more: it has been read already.
  bool has_more() const;

  // The descriptor is about to be closed; its number may soon be another socket's.
  void forget_socket() { socket_.fd = -1; }

  // Says close_notify, if the handshake is over and the socket takes it now.
  void close_notify();

  const TlsFailure& failure() const { return failure_; }

  // 0 (X509_V_OK) or why the peer's certificate is not trusted; its words.
  long verify_error() const;
  static std::string verify_words(long error);
  // Whether the peer's certificate is for `name` (ngx_ssl_check_host).
  bool certificate_matches(const std::string& name) const;

  std::string protocol() const;  // "TLSv1.3"
  std::string cipher() const;    // "TLS_AES_256_GCM_SHA384"
  // What the peer has sent, its own certificate first; at most 16.
  std::vector<CertificateFacts> peer_certificates() const;
  std::string server_name() const;  // that the client asked for; empty: none
  bool resumed() const;

  // What the socket does, for OpenSSL's callbacks.
  struct Socket {
    int fd = -1;
    int error = 0;
    bool eof = false;
  };
  void offer_session(TlsSession session) {
    if (on_session_) on_session_(std::move(session));
  }

 private:
  struct FreeSsl {
    void operator()(ssl_st* ssl) const;
  };

  Transfer failed(int result);
  Transfer read_once(std::span<char> into);

  Socket socket_;
  std::unique_ptr<ssl_st, FreeSsl> ssl_;
  std::function<void(TlsSession)> on_session_;
  TlsFailure failure_;
  Transfer last_;  // what the stream has come to, once it has been read behind what was delivered
  bool handshaken_ = false;
  bool wants_write_ = false;
  bool filled_ = false;  // the last read gave all that was asked for
};

}  // namespace badgate::net
