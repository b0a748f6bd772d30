// What goes wrong in TLS to a server (ngx_http_upstream_ssl_handshake, ngx_event_openssl.c), and to
// clients.
#include <fmt/core.h>

#include <array>

#include "harness/reproduce/recipe.h"
#include "harness/text_fields.h"

namespace badgate::harness::reproduce {
namespace {

using evidence::Evidence;

constexpr std::string_view kVerify =
    "proxy_ssl_verify = \"on\"\nproxy_ssl_trusted_certificate = \"ca.pem\"\n"
    "proxy_ssl_session_reuse = \"off\"\n";
constexpr std::string_view kVerifyByOther =
    "proxy_ssl_verify = \"on\"\nproxy_ssl_trusted_certificate = \"other-ca.pem\"\n"
    "proxy_ssl_session_reuse = \"off\"\n";

// Errors of X509_verify_cert and the certificate that has them.
bool name_certificate(const Evidence&, const Captures& captures, const Frame&, Values& values) {
  struct Kind {
    int number;
    std::string_view certificate;
  };
  constexpr auto kKinds = std::to_array<Kind>({{9, "not-yet-valid"},
                                               {10, "expired"},
                                               {18, "self-signed"},
                                               {20, "unknown-ca"},
                                               {21, "unknown-ca"}});
  const int number = number_in<int>(captures.at(0));
  for (const Kind& kind : kKinds) {
    if (kind.number == number) values["certificate"] = kind.certificate;
  }
  return values.contains("certificate");
}

constexpr auto kRecipes = std::to_array<Recipe>({
    {.scenario = "tls/https-to-a-plain-port",
     .message = "SSL_do_handshake() failed (SSL: error:*wrong version number*) while SSL "
                "handshaking to upstream",
     .why = "It speaks plain HTTP.",
     .only = "https",
     .server = "fault = { tls = \"plain-answer\" }\n",
     .plain = true},
    {.scenario = "tls/no-version-in-common",
     .message = "SSL_do_handshake() failed (SSL: error:*alert protocol version:SSL alert number "
                "70) while SSL handshaking to upstream",
     .why = "It speaks TLSv1.3 alone, and the proxy does not.",
     .only = "https",
     .proxy = "proxy_ssl_protocols = \"TLSv1.2\"\n",
     .server = "tls = { protocols = \"TLSv1.3\" }\n"},
    {.scenario = "tls/name-not-told",
     .message = "SSL_do_handshake() failed (SSL: error:*unrecognized name:SSL alert number 112) "
                "while SSL handshaking to upstream",
     .why = "It wants to be told which name is meant (SNI).",
     .only = "https",
     .server = "tls = { server_name = \"required\" }\n"},
    {.scenario = "tls/name-not-told",
     .message = "SSL_do_handshake() failed (SSL: error:*handshake failure:SSL alert number 40) "
                "while SSL handshaking to upstream",
     .why = "It wants to be told which name is meant (SNI).",
     .only = "https",
     .server = "tls = { server_name = \"required\", server_name_alert = 40 }\n"},
    {.scenario = "tls/wrong-name-told",
     .message = "SSL_do_handshake() failed (SSL: error:*:SSL alert number *) while SSL handshaking "
                "to upstream",
     .why = "It refuses the handshake with this alert.",
     .only = "https",
     .server = "fault = { tls = \"alert\", number = <<2>> }\n"},
    {.scenario = "tls/client-certificate-missing-tls-1-3",
     .message = "SSL_read() failed (SSL: error:*certificate required:SSL alert number 116) while "
                "reading response header from upstream",
     .why = "It wants a certificate of the proxy, and says so only after the handshake (TLSv1.3).",
     .only = "https",
     .proxy = "proxy_ssl_protocols = \"TLSv1.2 TLSv1.3\"\n",
     .server = "tls = { client_certificate = \"required\" }\n"},
    {.scenario = "tls/closes-in-the-handshake",
     .message = "peer closed connection in SSL handshake while SSL handshaking to upstream",
     .why = "It closes the connection in the handshake.",
     .only = "https",
     .server = "fault = { tls = \"close\" }\n"},
    {.scenario = "tls/resets-in-the-handshake",
     .message =
         "peer closed connection in SSL handshake (104: *) while SSL handshaking to upstream",
     .why = "It resets the connection in the handshake.",
     .only = "https",
     .server = "fault = { tls = \"reset\" }\n"},
    {.scenario = "tls/handshake-stalls",
     .message = "upstream timed out (110: *) while SSL handshaking to upstream",
     .why = "It never answers the first message of TLS (proxy_connect_timeout).",
     .only = "https",
     .server = "fault = { tls = \"stall\" }\n"},
    {.scenario = "tls/certificate-of-an-unknown-authority",
     .message = "upstream SSL certificate verify error: (21:*) while SSL handshaking to upstream",
     .why = "Its certificate is signed by an authority that is not trusted.",
     .only = "https",
     .proxy = kVerifyByOther,
     .server = "tls = true\n"},
    {.scenario = "tls/certificate-expired",
     .message = "upstream SSL certificate verify error: (*:*) while SSL handshaking to upstream",
     .why = "Its certificate is not one that the proxy accepts.",
     .only = "https",
     .proxy = kVerify,
     .server = "tls = { certificate = \"<<certificate>>\" }\n",
     .prepare = name_certificate},
    {.scenario = "tls/certificate-for-another-name",
     .message = "upstream SSL certificate does not match \"*\" while SSL handshaking to upstream",
     .why = "Its certificate is for other names.",
     .only = "https",
     .proxy = "proxy_ssl_verify = \"on\"\nproxy_ssl_trusted_certificate = \"ca.pem\"\n"
              "proxy_ssl_session_reuse = \"off\"\nproxy_ssl_name = \"<<1>>\"\n",
     .server = "tls = { names = [\"another.example\"] }\n"},
    {.scenario = "tls/handshake-stalls",
     .message = "upstream server temporarily disabled while SSL handshaking to upstream",
     .why = "It closes the connection in the handshake; the next one answers.",
     .only = "https",
     .proxy = "error_log_level = \"warn\"\n",
     .server = "fault = { tls = \"close\" }\n",
     .healthy = 1},
    {.scenario = "tls/plain-request-to-the-https-port",
     .message = "client sent plain HTTP request to HTTPS port while reading client request headers",
     .why = "It is well, and is not asked.",
     .proxy = "error_log_level = \"info\"\nlisten = \"8443 ssl\"\n"
              "ssl_certificate = \"server.pem\"\nssl_certificate_key = \"server.key\"\n"},
});

}  // namespace

std::span<const Recipe> recipes_of_tls() {
  return kRecipes;
}

}  // namespace badgate::harness::reproduce
