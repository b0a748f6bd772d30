#include "proxy/ssl_log.h"

#include <fmt/core.h>
#include <openssl/sslerr.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "net/tls.h"

namespace badgate::proxy {
namespace {

constexpr int kAlert = 1000;  // SSL_AD_REASON_OFFSET: an alert's reason is its number and this

constexpr int kUnrecognizedName = 112;

// What peers commonly do, by OpenSSL's reasons; all else is critical.
constexpr std::array kCommon{
    SSL_R_BAD_CHANGE_CIPHER_SPEC,
    SSL_R_NO_SUITABLE_KEY_SHARE,
    SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM,
    SSL_R_BLOCK_CIPHER_PAD_IS_WRONG,
    SSL_R_DIGEST_CHECK_FAILED,
    SSL_R_ERROR_IN_RECEIVED_CIPHER_LIST,
    SSL_R_EXCESSIVE_MESSAGE_SIZE,
    SSL_R_HTTPS_PROXY_REQUEST,
    SSL_R_HTTP_REQUEST,
    SSL_R_LENGTH_MISMATCH,
    SSL_R_NO_CIPHERS_SPECIFIED,
    SSL_R_NO_SHARED_CIPHER,
    SSL_R_RECORD_LENGTH_MISMATCH,
    SSL_R_CLIENTHELLO_TLSEXT,
    SSL_R_PARSE_TLSEXT,
    SSL_R_CALLBACK_FAILED,
    SSL_R_NO_APPLICATION_PROTOCOL,
    SSL_R_UNEXPECTED_MESSAGE,
    SSL_R_UNEXPECTED_RECORD,
    SSL_R_UNKNOWN_ALERT_TYPE,
    SSL_R_UNKNOWN_PROTOCOL,
    SSL_R_UNSUPPORTED_PROTOCOL,
    SSL_R_WRONG_VERSION_NUMBER,
    SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC,
    SSL_R_RENEGOTIATE_EXT_TOO_LONG,
    SSL_R_RENEGOTIATION_ENCODING_ERR,
    SSL_R_RENEGOTIATION_MISMATCH,
    SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED,
    SSL_R_SCSV_RECEIVED_WHEN_RENEGOTIATING,
    SSL_R_INAPPROPRIATE_FALLBACK,
    SSL_R_CERT_CB_ERROR,
    SSL_R_VERSION_TOO_LOW,
};

// Since 1.23.4, with ssl_last_error.
constexpr std::array kCommonToo{
    SSL_R_BAD_KEY_SHARE,
    SSL_R_BAD_EXTENSION,
    SSL_R_BAD_DIGEST_LENGTH,
    SSL_R_MISSING_SIGALGS_EXTENSION,
    SSL_R_BAD_PACKET_LENGTH,
    SSL_R_BAD_KEY_UPDATE,
    SSL_R_CCS_RECEIVED_EARLY,
    SSL_R_DATA_BETWEEN_CCS_AND_FINISHED,
    SSL_R_DATA_LENGTH_TOO_LONG,
    SSL_R_ENCRYPTED_LENGTH_TOO_LONG,
    SSL_R_GOT_A_FIN_BEFORE_A_CCS,
    SSL_R_LENGTH_TOO_SHORT,
    SSL_R_NO_RENEGOTIATION,
    SSL_R_BAD_CIPHER,
    SSL_R_PACKET_LENGTH_TOO_LONG,
    SSL_R_TOO_MANY_WARN_ALERTS,
    SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS,
    SSL_R_BAD_LENGTH,
    SSL_R_APPLICATION_DATA_AFTER_CLOSE_NOTIFY,
    SSL_R_BAD_LEGACY_VERSION,
    SSL_R_MIXED_HANDSHAKE_AND_NON_HANDSHAKE_DATA,
    SSL_R_RECORD_TOO_SMALL,
    SSL_R_SSL3_SESSION_ID_TOO_LONG,
    SSL_R_BAD_ECPOINT,
    SSL_R_BAD_RECORD_TYPE,
};

constexpr std::array kCommonAlerts{0,  10, 20, 21, 22, 30, 40, 41, 42, 43, 44, 45,
                                   46, 47, 48, 49, 50, 51, 60, 70, 71, 80, 90, 100};

template <typename List>
bool contains(const List& list, int value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool is_common_errno(int error) {
  constexpr std::array all{ECONNRESET, EPIPE,       ENOTCONN,  ETIMEDOUT,   ECONNREFUSED,
                           ENETDOWN,   ENETUNREACH, EHOSTDOWN, EHOSTUNREACH};
  return contains(all, error);
}

bool is_common(const net::TlsFailure& failure, int error, const Rules& rules) {
  if (failure.system) return is_common_errno(error);
  const int reason = rules.ssl_last_error ? failure.last_reason : failure.first_reason;
  if (reason == kAlert + kUnrecognizedName) return rules.ssl_name_alert_is_common;
  if (reason >= kAlert) return contains(kCommonAlerts, reason - kAlert);
  return contains(kCommon, reason) || (rules.ssl_last_error && contains(kCommonToo, reason));
}

void log_ssl_error(RequestLog& log, const net::TlsFailure& failure, const Rules& rules, Level usual,
                   int error, std::string_view call) {
  const Level level = is_common(failure, error, rules) ? usual : Level::crit;
  auto text = fmt::format("{} failed", call);
  if (!failure.text.empty()) text += fmt::format(" ({})", failure.text);
  log.write(level, text, failure.system ? error : 0);
}

}  // namespace

void log_failed_call(RequestLog& log, const net::Connection& connection, const Rules& rules,
                     Level usual, int error, std::string_view call, std::string_view ssl_call) {
  if (const net::Tls* tls = connection.tls()) {
    return log_ssl_error(log, tls->failure(), rules, usual, error, ssl_call);
  }
  log.connection_error(usual, error, fmt::format("{} failed", call));
}

void log_failed_handshake(RequestLog& log, const net::Connection& connection, const Rules& rules,
                          Level usual, const net::Transfer& step) {
  if (step.state == net::Transfer::State::end) {
    return log.connection_error(usual, step.code, "peer closed connection in SSL handshake");
  }
  log_ssl_error(log, connection.tls()->failure(), rules, usual, step.code, "SSL_do_handshake()");
}

}  // namespace badgate::proxy
