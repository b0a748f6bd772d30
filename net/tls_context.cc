#include "net/tls_context.h"

#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>

#include "net/certificate.h"
#include "net/openssl_owners.h"
#include "net/text.h"
#include "net/tls.h"
#include "net/tls_error.h"

namespace badgate::net {
namespace {

struct ProtocolName {
  std::string_view name;
  TlsProtocols bit;
  std::uint64_t forbid;  // OpenSSL's option
};

constexpr std::array<ProtocolName, 4> kProtocols{{
    {"TLSv1", tls_1_0, SSL_OP_NO_TLSv1},
    {"TLSv1.1", tls_1_1, SSL_OP_NO_TLSv1_1},
    {"TLSv1.2", tls_1_2, SSL_OP_NO_TLSv1_2},
    {"TLSv1.3", tls_1_3, SSL_OP_NO_TLSv1_3},
}};

// `message` and what OpenSSL says to it.
tl::unexpected<Error> fail_with_queue(std::string message) {
  const auto errors = take_tls_errors();
  return fail(errors.text.empty() ? message : fmt::format("{} ({})", message, errors.text));
}

// The certificate and those behind it in its file (ngx_ssl_load_certificate). Returns the call that
// failed, or nullptr.
const char* load_chain(SSL_CTX* context, const std::string& file) {
  const BioOwner bio(BIO_new_file(file.c_str(), "r"));
  if (!bio) return "BIO_new_file()";
  const X509Owner own(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
  if (!own) return "PEM_read_bio_X509_AUX()";
  if (SSL_CTX_use_certificate(context, own.get()) != 1) return "SSL_CTX_use_certificate()";
  while (const X509Owner next{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
    if (SSL_CTX_add1_chain_cert(context, next.get()) != 1) return "SSL_CTX_add1_chain_cert()";
  }
  ERR_clear_error();  // the end of the file
  return nullptr;
}

// A certificate that is not trusted is told of after the handshake, not during it
// (ngx_ssl_verify_callback).
int go_on(int /*ok*/, X509_STORE_CTX* /*store*/) {
  return 1;
}

int offer_session(SSL* ssl, SSL_SESSION* session) {
  auto* tls = static_cast<Tls*>(SSL_get_app_data(ssl));
  tls->offer_session(TlsSession(session, &SSL_SESSION_free));
  return 1;  // it is ours now
}

void set_options(SSL_CTX* context, TlsProtocols protocols) {
  SSL_CTX_clear_options(context, SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 |
                                     SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3);
  std::uint64_t options = SSL_OP_NO_SSLv3 | SSL_OP_NO_COMPRESSION | SSL_OP_NO_ANTI_REPLAY |
                          SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF;
  for (const auto& protocol : kProtocols) {
    if ((protocols & protocol.bit) == 0) options |= protocol.forbid;
  }
  SSL_CTX_set_options(context, options);
  SSL_CTX_set_min_proto_version(context, 0);
  SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION);
}

}  // namespace

Result<TlsProtocols> parse_tls_protocols(std::string_view text) {
  TlsProtocols protocols = 0;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (word.empty()) continue;
    const auto* known = std::find_if(kProtocols.begin(), kProtocols.end(),
                                     [&](const ProtocolName& p) { return p.name == word; });
    if (known == kProtocols.end()) {
      return fail(fmt::format("\"{}\" is not one of TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3", word));
    }
    protocols |= known->bit;
  }
  if (protocols == 0) return fail("expected one or more of TLSv1, TLSv1.1, TLSv1.2 and TLSv1.3");
  return protocols;
}

void TlsContext::FreeContext::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

TlsContext::TlsContext(TlsRole role, TlsProtocols protocols)
    : role_(role), context_(SSL_CTX_new(TLS_method())) {
  SSL_CTX* context = context_.get();
  set_options(context, protocols);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN |
                                SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  if (role == TlsRole::client) {
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, &go_on);
    // ngx_ssl_client_session_cache
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, &offer_session);
  } else {
    // Sessions are in tickets alone; they need a name of their own where certificates are asked
    // for.
    constexpr std::string_view id = "badgate";
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(id.data()),
                                   static_cast<unsigned>(id.size()));
  }
}

TlsContext::~TlsContext() = default;
TlsContext::TlsContext(TlsContext&&) noexcept = default;
TlsContext& TlsContext::operator=(TlsContext&&) noexcept = default;

// ngx_ssl_certificate
Result<void> TlsContext::use_certificate(const std::string& file, const std::string& key_file) {
  ERR_clear_error();
  if (const char* failed = load_chain(context_.get(), file)) {
    return fail_with_queue(fmt::format("cannot load certificate \"{}\": {} failed", file, failed));
  }
  const BioOwner bio(BIO_new_file(key_file.c_str(), "r"));
  const KeyOwner key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!key) {
    return fail_with_queue(fmt::format("cannot load certificate key \"{}\": {} failed", key_file,
                                       bio ? "PEM_read_bio_PrivateKey()" : "BIO_new_file()"));
  }
  if (SSL_CTX_use_PrivateKey(context_.get(), key.get()) != 1) {
    return fail_with_queue(fmt::format("SSL_CTX_use_PrivateKey(\"{}\") failed", key_file));
  }
  return {};
}

Result<void> TlsContext::use_certificate(const Certificate& certificate) {
  ERR_clear_error();
  if (SSL_CTX_use_certificate(context_.get(), certificate.x509.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context_.get(), certificate.key.get()) != 1) {
    return fail_with_queue("cannot use a certificate");
  }
  return {};
}

Result<void> TlsContext::set_ciphers(const std::string& list) {
  ERR_clear_error();
  if (SSL_CTX_set_cipher_list(context_.get(), list.c_str()) == 1) return {};
  return fail_with_queue(fmt::format("SSL_CTX_set_cipher_list(\"{}\") failed", list));
}

Result<void> TlsContext::trust(const std::string& file, int depth) {
  ERR_clear_error();
  SSL_CTX_set_verify_depth(context_.get(), depth);
  if (SSL_CTX_load_verify_locations(context_.get(), file.c_str(), nullptr) == 1) return {};
  return fail_with_queue(fmt::format("SSL_CTX_load_verify_locations(\"{}\") failed", file));
}

Result<void> TlsContext::trust(const Certificate& authority) {
  ERR_clear_error();
  X509_STORE* store = SSL_CTX_get_cert_store(context_.get());
  if (X509_STORE_add_cert(store, authority.x509.get()) == 1) return {};
  return fail_with_queue("cannot trust a certificate");
}

Result<void> TlsContext::trust_system() {
  ERR_clear_error();
  if (SSL_CTX_set_default_verify_paths(context_.get()) == 1) return {};
  return fail_with_queue("cannot read whom this machine trusts");
}

void TlsContext::require_client_certificate() {
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

void TlsContext::require_server_name(std::vector<std::string> names, std::uint8_t alert) {
  server_names_ = std::make_unique<ServerNames>(ServerNames{std::move(names), alert});
  int (*check)(SSL*, int*, void*) = [](SSL* ssl, int* to_send, void* argument) {
    const auto& wanted = *static_cast<const ServerNames*>(argument);
    const char* asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (asked != nullptr && std::ranges::find(wanted.names, asked) != wanted.names.end()) {
      return SSL_TLSEXT_ERR_OK;
    }
    *to_send = wanted.alert;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  };
  // Written out: OpenSSL's macros for it cast in C's way.
  SSL_CTX_callback_ctrl(context_.get(), SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                        reinterpret_cast<void (*)()>(check));
  SSL_CTX_ctrl(context_.get(), SSL_CTRL_SET_TLSEXT_SERVERNAME_ARG, 0, server_names_.get());
}

}  // namespace badgate::net
