// TlsContext: what the TLS connections of one directive or one server have in common: role,
// protocols, ciphers, own certificate, trusted certificates. It owns OpenSSL's SSL_CTX. After
// ngx_event_openssl.c: the same options, and errors in nginx's words, with OpenSSL's in brackets.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/result.h"

struct ssl_ctx_st;

namespace badgate::net {

struct Certificate;  // certificate.h

enum class TlsRole { client, server };

// Versions of TLS, as nginx's ssl_protocols names them.
using TlsProtocols = std::uint32_t;
inline constexpr TlsProtocols tls_1_0 = 1;
inline constexpr TlsProtocols tls_1_1 = 2;
inline constexpr TlsProtocols tls_1_2 = 4;
inline constexpr TlsProtocols tls_1_3 = 8;

// "TLSv1.2 TLSv1.3". The Error names the wrong word.
Result<TlsProtocols> parse_tls_protocols(std::string_view text);

class TlsContext {
 public:
  TlsContext(TlsRole role, TlsProtocols protocols);
  ~TlsContext();
  TlsContext(TlsContext&&) noexcept;
  TlsContext& operator=(TlsContext&&) noexcept;

  TlsRole role() const { return role_; }
  ssl_ctx_st* get() const { return context_.get(); }

  // Each changes it and may fail: a file that is not there or not PEM, a key of another
  // certificate, an unknown cipher.
  Result<void> use_certificate(const std::string& file, const std::string& key_file);
  Result<void> use_certificate(const Certificate& certificate);
  Result<void> set_ciphers(const std::string& list);
  // Whom to trust, and how many certificates may stand between. A client then verifies the server;
  // the result is in Tls::verify_error and stops nothing. A server does not ask by this alone.
  Result<void> trust(const std::string& file, int depth);
  Result<void> trust(const Certificate& authority);
  // Whom this machine trusts: OpenSSL's own places, or SSL_CERT_FILE and SSL_CERT_DIR.
  Result<void> trust_system();

  // For servers. The handshake fails unless the client has a certificate from whom is trusted.
  void require_client_certificate();
  // The handshake fails with this alert unless the client asks for one of the names (SNI).
  void require_server_name(std::vector<std::string> names, std::uint8_t alert);

 private:
  struct FreeContext {
    void operator()(ssl_ctx_st* context) const;
  };
  struct ServerNames {
    std::vector<std::string> names;
    std::uint8_t alert = 112;
  };

  TlsRole role_;
  std::unique_ptr<ServerNames> server_names_;  // the context's callback borrows it
  std::unique_ptr<ssl_ctx_st, FreeContext> context_;
};

}  // namespace badgate::net
